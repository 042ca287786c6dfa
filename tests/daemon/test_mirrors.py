"""Files that several servers hold: a torn, a dead, an empty one, and `kill -9` in the middle."""

import csv
import hashlib
import json
import signal
from collections import Counter

from crawler.policy.backoff import FAILURES_TO_REST
from tests.engines import on_every_engine
from tests.program import Daemon, assert_clean, at_once, ledger, until, write_config
from tests.servers import Site, free_port, slow

URLS = 60


def body(path: str) -> bytes:
    return path.encode() * 3000


def torn(path: str) -> bytes:
    return body(path)[:-1] + b"?"


def listed(folder, *sites: str, number: int = URLS, **columns) -> str:
    """Write a list of files, each on every site, the first one as its URL."""
    file = folder / "list.csv"
    with file.open("w", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["url", "sha256", "size", "mirrors"])
        for path in (f"/{nth}.bin" for nth in range(number)):
            digest = columns.get("sha256") or hashlib.sha256(body(path)).hexdigest()
            urls = [site + path for site in sites]
            rows.writerow([urls[0], digest, len(body(path)), " ".join(urls[1:])])
    return str(file)


def job(file: str, **options):
    return {"name": "j", "url_file": file, "checksums": True, "max_backoff": "10ms"} | options


def assert_whole(folder, number: int = URLS) -> None:
    for nth in range(number):
        assert (folder / f"files/j/{nth}").read_bytes() == body(f"/{nth}.bin"), nth


@on_every_engine
def test_a_torn_and_a_dead_mirror_cost_no_file_over_kill_9(tmp_path):
    dead = f"http://127.0.0.1:{free_port()}"
    with Site(slow(0.02, torn)) as bad, Site(slow(0.02, body)) as good:
        config = write_config(tmp_path, [job(listed(tmp_path, bad.url, dead, good.url))])
        for asked in (1, 8, 20):
            with Daemon(config) as daemon:
                until(lambda asked=asked: len(good.requests) >= asked, "nothing comes", daemon)
                daemon.signal(signal.SIGKILL)
                assert daemon.wait() == -signal.SIGKILL
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
            mismatches = [one for one in daemon.told("visit") if one["kind"] == "mismatch"]
            assert {one["verdict"] for one in mismatches} <= {"again"}
        assert_clean(tmp_path, urls=URLS)
        assert_whole(tmp_path)
        assert max(Counter(bad.paths()).values()) <= 4, "once, and again for each kill"


@on_every_engine
def test_all_that_waits_at_a_dead_server_comes_from_its_mirrors_when_that_falls_silent(tmp_path):
    dead = f"http://127.0.0.1:{free_port()}"
    with Site(body) as good:
        config = write_config(
            tmp_path, [job(listed(tmp_path, dead, good.url), max_backoff="1h", per_host=1)]
        )
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0, "it rests for a minute"
            (led,) = daemon.told("urls.led_on")
            asked = [one for one in daemon.told("visit") if one["kind"] != "stored"]
        assert led["job"] == "j"
        assert led["host"] == dead.removeprefix("http://")
        assert len(asked) == FAILURES_TO_REST
        assert led["urls"] == URLS - len(asked)
    assert_clean(tmp_path, urls=URLS)
    assert_whole(tmp_path)


def test_where_no_server_has_the_listed_file_it_ends_as_mismatch_and_nothing_is_stored(tmp_path):
    with Site(torn) as one, Site(torn) as other:
        config = write_config(
            tmp_path, [job(listed(tmp_path, one.url, other.url, number=3), attempts=2)]
        )
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
            ends = [one for one in daemon.told("visit") if one["verdict"] == "dead"]
        assert {one["kind"] for one in ends} == {"mismatch"}
        assert len(ends) == 3
        assert not daemon.told("host.rested"), "the servers are well"
        assert len(one.requests) == len(other.requests) == 3
    assert not [*(tmp_path / "files").rglob("*.bin*")]
    entries = at_once("export", "-c", str(config), cwd=tmp_path).stdout.splitlines()
    assert {json.loads(line)["ended"] for line in entries} == {"mismatch"}


def test_a_reload_that_takes_the_option_out_and_a_list_that_corrects_itself_are_live(tmp_path):
    with Site(body) as site:
        wrong = listed(tmp_path, site.url, number=2, sha256="0" * 64)
        config = write_config(tmp_path, [job(wrong, attempts=1, schedule={"every": "200ms"})])
        with Daemon(config) as daemon:
            daemon.wait_for("visit", kind="mismatch")
            listed(tmp_path, site.url, number=2)
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("visit", kind="stored")
            listed(tmp_path, site.url, number=2, sha256="1" * 64)
            daemon.signal(signal.SIGHUP)
            until(lambda: "1" * 64 in str(daemon.records[-1]), "the new list is not heard", daemon)
            write_config(
                tmp_path, [job(wrong, attempts=1, schedule={"every": "200ms"}, checksums=False)]
            )
            daemon.signal(signal.SIGHUP)
            until(lambda: len(daemon.told("config.reloaded")) >= 3, "no reload", daemon)
            until(lambda: daemon.records[-1].get("kind") == "unchanged", "still checked", daemon)
            assert daemon.stop() == 0
    assert_whole(tmp_path, 2)


def test_a_list_that_says_other_digests_has_stored_urls_visited_and_one_without_has_none(tmp_path):
    new = dict[str, bytes]()
    with Site(lambda path: new.get(path) or body(path)) as site:
        file = listed(tmp_path, site.url, number=3)
        config = write_config(tmp_path, [job(file, attempts=1)])
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit", kind="stored")) == 3, "not stored", daemon)
            new |= dict.fromkeys(("/0.bin", "/1.bin"), b"new")
            lines = (tmp_path / "list.csv").read_text().splitlines(keepends=True)
            for nth in (1, 2):
                url, _, _, mirrors = lines[nth].rstrip().split(",")
                digest = hashlib.sha256(b"new").hexdigest()
                lines[nth] = f"{url},{digest},3,{mirrors}\n"
            (tmp_path / "list.csv").write_text("".join(lines))
            daemon.signal(signal.SIGHUP)
            assert daemon.wait_for("list.renewed")["urls"] == 2
            until(lambda: len(daemon.told("visit")) == 5, "not visited", daemon)
            (tmp_path / "list.csv").write_text(
                "url\n" + "".join(f"{site.url}/{nth}.bin\n" for nth in range(3))
            )
            daemon.signal(signal.SIGHUP)
            lost = daemon.wait_for("list.unchecked")
            assert (lost["urls"], lost["level"], lost["job"]) == (3, "warning", "j")
            daemon.wait_for("job.synced", kept=0, added=0)
            assert daemon.stop() == 0
            assert len(daemon.told("visit", kind="stored")) == 5
        assert (tmp_path / "files/j/0").read_bytes() == b"new"
    with ledger(tmp_path) as db:
        said = [extra for (extra,) in db.execute("SELECT extra FROM task WHERE job != 0")]
    assert [hashlib.sha256(b"new").hexdigest() in one for one in said] == [True, True, False]
    assert hashlib.sha256(body("/2.bin")).hexdigest() in said[2]
