"""Files that are lost, changed and replaced at random, and verbs on them that are killed midway.

Whatever happened, the next run of the same verb and of the daemon make all well again, and what
somebody else put there is still there.
"""

import os
import random
import subprocess
import time

import gevent
import pytest

from tests import FULL
from tests.daemon.test_audit import audit, forget
from tests.program import CRAWLER, assert_clean, crawl, write_config
from tests.servers import Site

SEEDS = range(12) if FULL else (1,)
ROUNDS = 6 if FULL else 3
URLS = 60
PATHS = ("{job}/{name}", "{job}-files/{name}.bin")
STRANGE = (b"a/of nobody \xff\xfe", b"new\xff/1")
"""Names of files that are not UTF-8."""


class Attack:
    """A folder with a ledger of two jobs, spoilt and audited."""

    def __init__(self, folder, site, seed):
        self.random = random.Random(seed)
        self.folder = folder
        self.files = folder / "files"
        self.site = site
        self.path = PATHS[0]
        self.precious = {}
        """What somebody else put there, by name; it is to stay."""
        self.configure()

    def configure(self, names="ab"):
        jobs = [
            {"name": name, "urls": [f"{self.site.url}/{name}/[1-{URLS // 2}]"], "path": self.path}
            for name in names
        ]
        write_config(self.folder, jobs)

    def name_of(self, job, number):
        return self.path.format(job=job, name=number)

    def spoil(self):
        """Do something to some of the files."""
        for _ in range(self.random.randint(3, 12)):
            name = self.name_of(self.random.choice("ab"), self.random.randint(1, URLS // 2))
            file = self.files / name
            if file.is_file() and not file.is_symlink():
                way = self.random.choice([self.lose, self.cut, self.change, self.link, self.fold])
                way(file, name)
        self.leave_orphans()

    def lose(self, file, _):
        file.unlink()

    def cut(self, file, _):
        os.truncate(file, self.random.randint(0, 5))

    def change(self, file, _):
        file.write_bytes(b"x" * file.stat().st_size)

    def link(self, file, _):
        file.unlink()
        file.symlink_to(self.folder / "crawler.yaml")

    def fold(self, file, name):
        file.unlink()
        file.mkdir()
        self.put(f"{name}/notes".encode())

    def leave_orphans(self):
        self.put(f"a/orphan {self.random.randrange(9)}".encode())
        self.put(f"new/{self.random.randrange(9)}.gif".encode())
        for name in STRANGE:
            self.put(name)

    def put(self, name):
        """Put a file there as somebody else, by its bytes."""
        place = os.path.join(os.fsencode(self.files), name)  # noqa: PTH118  a name of bytes
        os.makedirs(os.path.dirname(place), exist_ok=True)  # noqa: PTH103, PTH120
        with open(place, "wb") as file:  # noqa: PTH123
            file.write(b"precious " + name)
        self.precious[place] = b"precious " + name

    def kill(self, *arguments):
        """Run a verb, twice at once, and kill both somewhere between start and end."""
        both = [self.begin(*arguments) for _ in range(2)]
        try:
            gevent.sleep(self.random.uniform(0.5, 1.2) * self.took)
        finally:
            for one in both:
                one.kill()
                one.wait()

    def measure(self):
        """Measure how long a verb takes from its start to its end."""
        began = time.monotonic()
        self.begin("audit", "-c", "crawler.yaml").wait()
        self.took = time.monotonic() - began

    def begin(self, *arguments):
        return subprocess.Popen(
            [*CRAWLER, *arguments],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def fix(self):
        self.kill("audit", "-c", "crawler.yaml", "--fix", "--orphans")
        told = audit(self.folder, "--fix", "--orphans", code=None)
        assert "not due again" not in "\n".join(told)

    def rename(self):
        self.path = PATHS[1 - PATHS.index(self.path)]
        self.configure()
        audit(self.folder, "--fix", code=None)
        crawl(self.folder)
        self.kill("audit", "-c", "crawler.yaml", "--rename")
        audit(self.folder, "--rename", code=None)
        assert audit(self.folder, "--rename")[-1].endswith(("0 files renamed", "File exists"))

    def forget(self):
        self.configure("a")
        crawl(self.folder)
        options = ("--retired", "--older-than", "0", "--files")
        self.kill("forget", "-c", "crawler.yaml", *options)
        forget(self.folder, "--files")
        self.configure()

    def assert_well(self):
        """See that the daemon makes all well, and that nothing of others is lost."""
        crawl(self.folder)
        told = audit(self.folder, "--fix", "--orphans")
        assert told[-2] == f"{URLS} files as the ledger has them"
        assert_clean(self.folder, urls=URLS)
        for place, content in self.precious.items():
            with open(place, "rb") as file:  # noqa: PTH123  a name of bytes
                assert file.read() == content


@pytest.mark.campaign
@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_damage_and_kill_the_second_run_says_that_all_is_well(tmp_path, seed):
    with Site(lambda path: b"content of " + path.encode()) as site:
        attack = Attack(tmp_path, site, seed)
        crawl(tmp_path)
        attack.measure()
        verbs = [attack.fix, attack.rename, attack.forget]
        for number in range(ROUNDS):
            attack.spoil()
            verbs[number % 3]()
            audit(tmp_path, "--fix", code=None)
            attack.assert_well()
