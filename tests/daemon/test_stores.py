"""Two machines with output folders of their own share one ledger.

They are two processes on this one: what tells machines apart here is where they store.
"""

import json
import signal
from contextlib import ExitStack
from pathlib import Path

import gevent
import pytest

from crawler.frontier.process import current, host_name
from crawler.verbs.words import counted
from tests.program import Daemon, crawler, due_again, ledger, until, write_config
from tests.servers import Site

HOSTS = [f"127.0.0.{number}" for number in range(1, 7)]
EARLY = "127.0.0.9"
"""A host that is visited before both machines are there."""
CONDITION = "IF_NONE_MATCH"


@pytest.fixture
def site():
    def route(path):
        gevent.sleep(0.4)  # so that one machine has not done all before the other one looks
        body = path.encode() * 9
        return "200 OK", [("ETag", f'"{path}"'), ("Content-Length", str(len(body)))], [body]

    with Site(route, [*HOSTS, EARLY]) as one:
        yield one


class Machines:
    """Two daemons, and what the site saw of them."""

    def __init__(self, folder: Path, site: Site, **options) -> None:
        self.folder, self.site = folder, site
        self.urls = [f"http://{host}:{site.port}/{host}" for host in HOSTS]
        job = {"name": "j", "urls": [f"http://{EARLY}:{site.port}/{EARLY}"], **options}
        self.configs = [
            write_config(
                folder / name, [{"path": "{host}", **job}], name="both", concurrency=1,
                state=str(folder / "state.sqlite"), output=str(folder / name / "files"),
            )
            for name in ("one", "two")
        ]  # fmt: skip

    def add(self) -> None:
        """Make the URLs known, now that both machines are there."""
        self.ask("one", "add", "--job", "j", *self.urls)

    def stored(self, name: str) -> set[str]:
        """Return the hosts of which a machine has files."""
        files = (self.folder / name / "files").iterdir()
        return {file.name.partition("_")[0] for file in files} & {*HOSTS}

    def kept(self) -> dict[str, str]:
        """Return in which folder the ledger has the file of each URL."""
        with ledger(self.folder) as db:
            rows = db.execute(
                "SELECT entry.path, store.folder FROM entry "
                "JOIN store ON store.id = ifnull(entry.store, 1) WHERE digest IS NOT NULL"
            )
            found = {path.partition("_")[0]: Path(where).parent.name for path, where in rows}
            return {host: where for host, where in found.items() if host in HOSTS}

    def ask(self, name: str, *arguments: str, code: int = 0) -> str:
        """Run a verb on one of them."""
        verb, *others = arguments
        done = crawler(verb, "-c", "crawler.yaml", *others, cwd=self.folder / name)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def machines(tmp_path, site):
    return Machines(tmp_path, site, schedule={"every": "1s"})


def both(machines: Machines, stack: ExitStack) -> list[Daemon]:
    """Start both, and wait until each has files of its own."""
    daemons = [stack.enter_context(Daemon(config)) for config in machines.configs]
    for daemon in daemons:
        daemon.wait_for("daemon.ready")
    machines.add()
    until(lambda: machines.stored("one") and machines.stored("two"), "one stores all", daemons[1])
    return daemons


def visits(site: Site, host: str, after: int) -> list[bool]:
    """Tell of each request to a host since some number whether it had a condition."""
    return [CONDITION in seen.headers for seen in site.requests[after:] if seen.path == f"/{host}"]


def test_a_host_is_visited_where_its_files_are_and_elsewhere_when_that_machine_is_dead(
    machines, site
):
    with ExitStack() as stack:
        one, two = both(machines, stack)
        until(lambda: all(len(visits(site, host, 0)) > 3 for host in HOSTS), "no visits", one)
        began, before = len(site.requests), machines.kept()
        until(lambda: all(len(visits(site, host, began)) > 2 for host in HOSTS), "no visits", one)
        assert all(all(visits(site, host, began)) for host in HOSTS), "every visit is conditional"
        assert machines.kept() == before
        assert set(before.values()) == {"one", "two"}
        theirs = {host for host, where in before.items() if where == "one"}
        one.signal(signal.SIGKILL)
        one.wait()
        began = len(site.requests)
        until(lambda: set(machines.kept().values()) == {"two"}, "two does not take all", two)
        for host in HOSTS:
            until(lambda host=host: len(visits(site, host, began)) > 2, f"no visit to {host}", two)
            first, *others = visits(site, host, began)
            assert first is (host not in theirs), "what lay elsewhere is fetched whole"
            assert all(others)
        assert machines.stored("two") == set(HOSTS)
        assert two.stop() == 0


def test_verbs_name_machine_and_folder_and_look_at_one_folder(machines, site, tmp_path):
    with ExitStack() as stack:
        daemons = both(machines, stack)
        until(lambda: len(machines.kept()) == len(HOSTS), "not all is stored", daemons[1])
        assert [daemon.stop() for daemon in daemons] == [0, 0]
    kept = machines.kept()
    theirs = [host for host in HOSTS if kept[host] == "two"]
    there = f"{host_name(current().machine)}:{tmp_path}/two/files"
    url = f"http://{theirs[0]}:{site.port}/{theirs[0]}"
    name = f"{theirs[0]}_{site.port}"
    assert f"stored        {there}/{name}, " in machines.ask("one", "explain", url)
    told = json.loads(machines.ask("one", "explain", url, "--json"))
    assert told["jobs"][0]["store"] == there
    told = json.loads(machines.ask("two", "find", name, "--json"))
    assert (told["files"][0]["what"], told["files"][0]["store"]) == ("file", there)
    assert f"  lies in      {there}\n" in machines.ask("two", "find", name)
    rows = [json.loads(line) for line in machines.ask("one", "export").splitlines()]
    where = {row["host"].partition(":")[0]: row["store"] for row in rows}
    assert {host: where[host] for host in theirs} == dict.fromkeys(theirs, there)
    sums = json.loads(machines.ask("one", "audit", "--json").splitlines()[-1])
    elsewhere = list(where.values()).count(there)
    assert (sums["files"], sums["elsewhere"]) == (len(where) - elsewhere, elsewhere)
    told = machines.ask("one", "audit")
    assert "in other output folders, not looked at" in told.splitlines()[-1]


def test_forget_leaves_what_lies_elsewhere(machines, site):
    with ExitStack() as stack:
        daemons = both(machines, stack)
        until(lambda: len(machines.kept()) == len(HOSTS), "not all is stored", daemons[1])
        assert [daemon.stop() for daemon in daemons] == [0, 0]
    with ledger(machines.folder) as db, db:
        db.execute("UPDATE job SET active = 0 WHERE id != 0")
    before = machines.stored("two")
    told = machines.ask("one", "forget", "--retired", "--older-than", "0s", "--files")
    elsewhere = len(list((machines.folder / "two/files").glob("127*")))
    assert f"{counted(elsewhere, 'file')} kept: in other output folders\n" in told
    assert machines.stored("one") == set()
    assert machines.stored("two") == before


def test_a_ledger_of_one_machine_tells_of_no_store(tmp_path, site):
    machines = Machines(tmp_path, site)
    with Daemon(machines.configs[0], "--until-done") as daemon:
        assert daemon.wait() == 0
    rows = [json.loads(line) for line in machines.ask("one", "export").splitlines()]
    assert {row["store"] for row in rows} == {None}
    assert "other output" not in machines.ask("one", "audit")
    with ledger(tmp_path) as db:
        assert db.execute("SELECT count(*) FROM visited WHERE store IS NOT NULL").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM host WHERE store > 0").fetchone() == (0,)


def test_two_machines_on_one_folder_are_one_store(tmp_path, site):
    machines = Machines(tmp_path, site)
    shared = tmp_path / "shared"
    for config in machines.configs:
        config.write_text(config.read_text().replace(str(config.parent / "files"), str(shared)))
    with ExitStack() as stack:
        daemons = [stack.enter_context(Daemon(config)) for config in machines.configs]
        for daemon in daemons:
            daemon.wait_for("daemon.ready")
        machines.add()
        until(lambda: len(machines.kept()) == len(HOSTS), "not all is stored", daemons[1])
        due_again(tmp_path)
        assert [daemon.stop() for daemon in daemons] == [0, 0]
    with ledger(tmp_path) as db:
        ((folder,),) = db.execute("SELECT folder FROM store").fetchall()
    assert folder == str(shared)
