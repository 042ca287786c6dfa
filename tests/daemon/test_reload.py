"""The list is desired state: the configuration and its lists are edited under a running daemon."""

import gzip
import os
import signal
from pathlib import Path
from random import Random

import pytest
import yaml

from tests.engines import on_every_engine
from tests.program import Daemon, ledger, until, write_config
from tests.servers import Site, slow, status


def answer(path: str) -> bytes:
    return path.encode()


def edit(config: Path, **job: object) -> None:
    """Change options of the first job in place, as an editor would: a new file renamed over it."""
    document = yaml.safe_load(config.read_text())
    document["jobs"][0] |= job
    replace(config, yaml.safe_dump(document))


def replace(file: Path, text: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(text)
    new.rename(file)


def states(folder: Path) -> dict[str, int]:
    """Return the paths by state: 0 waiting, 2 done, 3 dead, 4 retired."""
    with ledger(folder) as db:
        rows = db.execute("SELECT url, state FROM task WHERE job != 0").fetchall()
    return {url.rpartition("/")[2]: state for url, state in rows}


def reload(daemon: Daemon) -> None:
    before = len(daemon.told("config.reloaded"))
    daemon.signal(signal.SIGHUP)
    until(lambda: len(daemon.told("config.reloaded")) > before, "no reload", daemon)


@pytest.fixture
def site():
    with Site(answer) as one:
        yield one


@on_every_engine
def test_urls_that_are_added_are_visited_and_those_that_are_taken_out_retired(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-3]"]}])
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 3, "no visits", daemon)
        edit(config, urls=[f"{site.url}/[3-5]"])
        reload(daemon)
        until(lambda: len(daemon.told("visit")) == 5, "no new visits", daemon)
        synced = until(lambda: daemon.told("job.synced", removed=2), "not synced", daemon)[0]
        assert (synced["added"], synced["listed"], synced["changed"]) == (2, 3, ["urls"])
        assert daemon.stop() == 0
    assert states(tmp_path) == {"1": 4, "2": 4, "3": 2, "4": 2, "5": 2}
    assert sorted(site.paths()) == ["/1", "/2", "/3", "/4", "/5"]


def test_what_is_listed_again_is_not_fetched_again(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-2]"]}])
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 2, "no visits", daemon)
        for urls, state in ((f"{site.url}/2", 4), (f"{site.url}/[1-2]", 2)):
            edit(config, urls=[urls])
            reload(daemon)
            until(lambda state=state: states(tmp_path)["1"] == state, "not synced", daemon)
        assert daemon.stop() == 0
    assert sorted(site.paths()) == ["/1", "/2"]


@on_every_engine
def test_a_job_that_comes_and_one_that_goes(site, tmp_path):
    jobs = [{"name": "old", "urls": [f"{site.url}/old/[1-20]"], "delay": "100ms", "per_host": 1}]
    config = write_config(tmp_path, jobs)
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit", job="old")) >= 2, "no visits", daemon)
        document = yaml.safe_load(config.read_text())
        document["jobs"] = [{"name": "new", "urls": [f"{site.url}/new/[1-3]"]}]
        replace(config, yaml.safe_dump(document))
        reload(daemon)
        told = daemon.told("config.reloaded")[0]
        assert (told["added"], told["removed"]) == (["new"], ["old"])
        until(lambda: len(daemon.told("visit", job="new")) == 3, "no visits", daemon)
        seen = len(daemon.told("visit", job="old"))
        document["jobs"] += jobs
        replace(config, yaml.safe_dump(document))
        assert seen < 20
        assert len(daemon.told("visit", job="old")) <= seen + 1
        reload(daemon)
        until(lambda: len(daemon.told("visit", job="old")) == 20, "not taken up again", daemon)
        assert daemon.stop() == 0
    paths = site.paths()
    assert len(paths) == len(set(paths)) == 23


def test_a_wrong_configuration_is_rejected_with_its_places_and_the_old_one_runs_on(site, tmp_path):
    unknown = "crawler: {concurency: 3}\njobs: [{name: j, urls: ['ftp://x/']}]\n"
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
    good = config.read_text()
    with Daemon(config) as daemon:
        daemon.wait_for("visit")
        for number, broken in enumerate(["jobs: [", "jobs: []", unknown], 2):
            replace(config, broken)
            before = len(daemon.told("config.rejected"))
            daemon.signal(signal.SIGHUP)
            until(lambda: len(daemon.told("config.rejected")) > before, "not told", daemon)  # noqa: B023
            problems = daemon.told("config.rejected")[-1]["problems"]
            assert problems
            assert all(one.startswith(f"{config}:") for one in problems)
            replace(config, good.replace(f"{site.url}/1", f"{site.url}/[1-{number}]"))
            reload(daemon)
            until(lambda: len(daemon.told("visit")) == number, "it does not run on", daemon)  # noqa: B023
        assert len(daemon.told("config.reloaded")) == 3, "what was rejected was applied in part"
        assert daemon.stop() == 0


def test_what_a_running_process_cannot_change_is_refused_with_the_remedy(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
    with Daemon(config) as daemon:
        daemon.wait_for("visit")
        replace(config, config.read_text().replace("output: files", "output: elsewhere"))
        daemon.signal(signal.SIGHUP)
        (problem,) = daemon.wait_for("config.rejected")["problems"]
        assert "crawler.output: cannot change while the daemon runs; restart it" in problem
        assert daemon.stop() == 0


def test_delays_and_concurrency_change_live(tmp_path):
    with Site(slow(0.3), ("127.0.0.1", "127.0.0.2", "127.0.0.3")) as site:
        urls = [f"http://{{127.0.0.1,127.0.0.2,127.0.0.3}}:{site.port}/[1-300]"]
        job = {"name": "j", "urls": urls, "delay": "3s", "path": "{host}/{name}"}
        config = write_config(tmp_path, [job], concurrency=2)
        with Daemon(config) as daemon:
            until(lambda: len(site.requests) >= 3, "no visits", daemon)
            document = yaml.safe_load(config.read_text())
            document["jobs"][0]["delay"] = 0
            document["crawler"]["concurrency"] = 24
            replace(config, yaml.safe_dump(document))
            reload(daemon)
            assert daemon.told("config.reloaded")[0]["crawler"] == ["concurrency"]
            until(lambda: len(site.requests) >= 100, "the delay is still there", daemon)
            document["crawler"]["concurrency"] = 1
            replace(config, yaml.safe_dump(document))
            reload(daemon)
            assert daemon.stop() == 0
            assert not daemon.told("worker.restarted")


def test_a_visit_under_way_ends_under_the_options_it_began_with(tmp_path):
    with Site(slow(1.0)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        with Daemon(config) as daemon:
            until(lambda: site.requests, "no visit", daemon)
            edit(config, timeout={"total": "50ms"})
            reload(daemon)
            assert daemon.wait_for("visit")["kind"] == "stored"
            assert daemon.stop() == 0


def test_a_list_is_watched_without_a_signal(site, tmp_path):
    (tmp_path / "list.txt").write_text(f"{site.url}/1\n")
    job = {"name": "j", "url_file": "list.txt"}
    config = write_config(tmp_path, [job], watch=True)
    with Daemon(config) as daemon:
        daemon.wait_for("visit")
        replace(tmp_path / "list.txt", f"{site.url}/1\n{site.url}/2\n")
        until(lambda: len(daemon.told("visit")) == 2, "the list is not watched", daemon)
        edit(config, urls=[f"{site.url}/3"])
        until(lambda: len(daemon.told("visit")) == 3, "the file is not watched", daemon)
        assert daemon.stop() == 0


@on_every_engine
def test_a_list_that_cannot_be_read_retires_nothing(site, tmp_path):
    file = tmp_path / "list.txt"
    file.write_text(f"{site.url}/1\n")
    job = {"name": "j", "url_file": "list.txt", "urls": [f"{site.url}/2"]}
    config = write_config(tmp_path, [job])
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 2, "no visits", daemon)
        file.write_bytes(b"\x1f\x8b torn")
        edit(config, urls=[f"{site.url}/3"])
        reload(daemon)
        until(lambda: len(daemon.told("visit")) == 3, "the other list was not read", daemon)
        daemon.wait_for("list.failed")
        until(lambda: len(daemon.told("job.synced")) == 2, "not synced", daemon)
        assert set(states(tmp_path).values()) == {2}
        assert daemon.stop() == 0


def test_what_was_read_of_a_list_that_breaks_off_stays_with_that_list(site, tmp_path):
    lists = {"a": range(3000), "b": range(5000, 5010)}
    for name, numbers in lists.items():
        text = "\n".join(f"{site.url}/{number}" for number in numbers).encode()
        whole = gzip.compress(text, mtime=0)
        file = tmp_path / f"{name}.txt.gz"
        file.write_bytes(whole[:-200] if name == "a" else whole)
        os.utime(file, (1, 1))  # nobody is writing it any more
    config = write_config(tmp_path, [{"name": "j", "url_file": "*.txt.gz"}])
    with Daemon(config) as daemon:
        broken = daemon.wait_for("list.failed")
        synced = daemon.wait_for("job.synced")
        assert daemon.stop() == 0
    assert "a.txt.gz" in broken["cause"]
    with ledger(tmp_path) as db:
        known = dict(
            db.execute(
                "SELECT source.name, sum(length(fingerprints) / 8) FROM chunk "
                "JOIN source ON source.id = source GROUP BY source"
            )
        )
    (first, second) = (known[name] for name in sorted(known))
    assert second == len(lists["b"])
    assert 1000 < first < len(lists["a"])
    assert first + second == synced["added"]


def test_a_run_until_done_retires_what_was_being_visited_as_its_list_lost_it(tmp_path):
    with Site(lambda path: slow(2)(path) if path == "/slow" else answer(path)) as site:
        file = tmp_path / "list.txt"
        file.write_text(f"{site.url}/kept\n{site.url}/slow\n")
        config = write_config(tmp_path, [{"name": "j", "url_file": "list.txt"}])
        with Daemon(config, "--until-done") as daemon:
            until(lambda: "/slow" in site.paths(), "not asked", daemon)
            replace(file, f"{site.url}/kept\n")
            reload(daemon)
            assert daemon.wait(60) == 0
        assert states(tmp_path) == {"kept": 2, "slow": 4}


@pytest.mark.campaign
def test_the_ledger_converges_whenever_the_daemon_is_killed_between_edits(tmp_path, full_campaign):
    """Edits, signals and kill -9 in any order; in the end the ledger is what the list says."""
    random = Random(4)
    with Site(answer) as site:
        file = tmp_path / "list.txt"
        listed = {f"{site.url}/{number}" for number in range(400)}
        file.write_text("\n".join(sorted(listed)))
        job = {"name": "j", "url_file": "list.txt"}
        config = write_config(tmp_path, [job])
        for _ in range(40 if full_campaign else 3):
            with Daemon(config) as daemon:
                daemon.wait_for("daemon.ready")
                for _ in range(random.randrange(3)):
                    gone = random.sample(sorted(listed), 50)
                    new = {f"{site.url}/{random.randrange(2000)}" for _ in range(50)}
                    listed = (listed - set(gone)) | new
                    replace(file, "\n".join(random.sample(sorted(listed), len(listed))))
                    daemon.signal(signal.SIGHUP)
                until(lambda: random.random() < 0.05, "never", daemon)
                daemon.process.kill()
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait(60) == 0
        found = states(tmp_path)
        assert {name for name, state in found.items() if state == 2} == {
            url.rpartition("/")[2] for url in listed
        }
        assert set(found.values()) <= {2, 4}
        with ledger(tmp_path) as db:
            (retired,) = db.execute("SELECT sum(n) FROM tally WHERE kind = 'retired'").fetchone()
            (stored,) = db.execute("SELECT sum(n) FROM tally WHERE kind = 'stored'").fetchone()
            assert db.execute("SELECT count(*) FROM unlisted").fetchone() == (0,)
        states_ = list(found.values())
        assert ((retired or 0), stored) == (states_.count(4), states_.count(2))


def test_a_schedule_visits_again_and_tells_what_did_not_change(tmp_path):
    bodies = iter(["one", "one", *["two"] * 1000])

    def route(path: str) -> bytes:
        return next(bodies).encode() if path == "/1" else b"x"

    with Site(route) as site:
        job = {
            "name": "j", "urls": [f"{site.url}/1"], "schedule": {"every": "500ms"},
            "on_change": "keep 2 versions",
        }  # fmt: skip
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit")) >= 4, "not visited again", daemon)
            assert daemon.stop() == 0
        kinds = [visit["kind"] for visit in daemon.told("visit")]
        assert kinds[:4] == ["stored", "unchanged", "stored", "unchanged"]
        assert (tmp_path / "files/j/1").read_text() == "two"
        kept = [one for one in (tmp_path / "files/j").iterdir() if one.name != "1"]
        assert [one.read_text() for one in kept] == ["one"]


def test_a_schedule_that_is_taken_away_ends(site, tmp_path):
    job = {"name": "j", "urls": [f"{site.url}/1"], "schedule": {"every": "300ms"}}
    config = write_config(tmp_path, [job])
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) >= 2, "not visited again", daemon)
        edit(config, schedule=None)
        reload(daemon)
        until(lambda: states(tmp_path)["1"] == 2, "still due", daemon)
        edit(config, schedule={"every": "300ms"})
        seen = len(daemon.told("visit"))
        reload(daemon)
        until(lambda: len(daemon.told("visit")) > seen, "not due again", daemon)
        assert daemon.stop() == 0


def test_urls_that_failed_are_due_again_by_the_schedule(tmp_path):
    with Site(lambda _: status("404 Not Found")) as site:
        job = {"name": "j", "urls": [f"{site.url}/1"], "schedule": {"every": "300ms"}}
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit", kind="not_found")) >= 3, "only once", daemon)
            assert daemon.stop() == 0
