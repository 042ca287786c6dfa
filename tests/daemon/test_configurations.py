"""Two configurations, or two texts of one, on one ledger: none is lost in silence."""

import json
import shutil
import signal
from pathlib import Path

import pytest
import yaml

from tests.program import Daemon, at_once, crawler, ledger, until, write_config
from tests.servers import Site


@pytest.fixture
def site():
    with Site(lambda path: path.encode()) as one:
        yield one


def config_of(folder: Path, site: Site, job: str, **crawler_options) -> Path:
    """A configuration of one job, whose ledger is in the folder above."""
    jobs = [{"name": job, "urls": [f"{site.url}/{job}/[1-3]"]}]
    return write_config(
        folder / job, jobs, state="../state.sqlite", output="../files", **crawler_options
    )


def test_a_second_configuration_is_refused_and_the_first_goes_on(site, tmp_path):
    first = config_of(tmp_path, site, "a", name="tour")
    second = config_of(tmp_path, site, "b", name="other")
    with Daemon(first) as daemon:
        daemon.wait_for("visit")
        refused = crawler("run", "-c", str(second), cwd=tmp_path)
        assert refused.returncode == 2
        for words in ("'tour'", "'other'", str(first), str(daemon.process.pid), "--take-over"):
            assert words in refused.stderr, words
        assert daemon.stop() == 0
    with Daemon(second) as daemon:
        taken = daemon.wait_for("ledger.taken_over")
        assert (taken["former"], taken["name"], taken["retires"]) == ("tour", "other", ["a"])
        daemon.wait_for("visit", job="b")
        assert daemon.stop() == 0


ACTS = (["stop"], ["reload"], ["reload", "--believe", "a"], ["retry"], ["audit", "--fix"],
        ["forget", "--retired", "--older-than", "0"])  # fmt: skip
READS = (["status"], ["explain", "http://e.example/"], ["export"], ["retry", "--dry-run"],
         ["forget", "--retired", "--older-than", "0", "--dry-run"], ["reload", "--dry-run"],
         ["audit"])  # fmt: skip


def test_verbs_of_another_configuration_do_nothing_to_a_ledger_that_is_held(site, tmp_path):
    first = config_of(tmp_path, site, "a", name="tour")
    second = config_of(tmp_path, site, "b", name="other")
    with Daemon(first) as daemon:
        until(lambda: len(daemon.told("visit")) == 3, "no visits", daemon)
        for verb in ACTS:
            refused = at_once(*verb, "-c", str(second), cwd=tmp_path)
            assert (refused.returncode, refused.stdout) == (2, ""), verb
            for words in ("'tour'", "'other'", str(daemon.process.pid), str(first), "--state"):
                assert words in refused.stderr, (verb, words)
        for verb in READS:
            told = at_once(*verb, "-c", str(second), cwd=tmp_path)
            assert told.returncode == (verb[0] == "explain"), (verb, told.stderr)
            assert told.stdout, verb
            assert "'tour', and this one is 'other'" in told.stderr, verb
            assert not at_once(*verb, "-c", str(first), cwd=tmp_path).stderr, verb
        assert daemon.process.poll() is None
        assert not daemon.told("config.reloaded")
        stopped = at_once("stop", "--wait", "--state", "state.sqlite", cwd=tmp_path)
        assert stopped.returncode == 0
        assert daemon.wait() == 0
    assert at_once("retry", "-c", str(second), cwd=tmp_path).returncode == 0  # nobody holds it now


def test_a_ledger_that_is_taken_over_ends_the_process_that_held_it(site, tmp_path):
    first = config_of(tmp_path, site, "a", name="tour")
    second = config_of(tmp_path, site, "b", name="other")
    with Daemon(first) as held:
        held.wait_for("visit", job="a")
        with Daemon(second, "--take-over") as taker:
            taker.wait_for("ledger.taken_over")
            taker.wait_for("visit", job="b")
            assert held.wait() == 1
            assert held.told("daemon.draining")
            assert "'other' has taken over" in held.told("daemon.failed")[0]["cause"]
            assert taker.stop() == 0


def test_the_name_is_that_of_the_file_wherever_it_lies(site, tmp_path):
    first = config_of(tmp_path, site, "a")
    (tmp_path / "v2").mkdir()
    second = Path(shutil.copy(first, tmp_path / "v2/crawler.yaml"))
    with Daemon(first) as one, Daemon(second) as other:
        one.wait_for("daemon.ready")
        other.wait_for("daemon.ready")
        assert one.stop() == other.stop() == 0


def edit(config: Path, **job: object) -> None:
    document = yaml.safe_load(config.read_text())
    document["jobs"][0] |= job
    new = config.with_suffix(".new")
    new.write_text(yaml.safe_dump(document))
    new.rename(config)


def test_the_survivor_of_a_crash_takes_up_the_text_that_the_new_process_has(site, tmp_path):
    config = config_of(tmp_path, site, "a")
    with Daemon(config) as survivor, Daemon(config) as killed:
        survivor.wait_for("daemon.ready")
        killed.wait_for("daemon.ready")
        until(lambda: len(site.paths()) == 3, "no visits", survivor)
        edit(config, urls=[f"{site.url}/a/[1-6]"], headers={"X-New": "1"})
        killed.signal(signal.SIGKILL)
        killed.wait()
        with Daemon(config) as new:
            new.wait_for("daemon.ready")
            assert survivor.wait_for("config.reloaded")["changed"] == {"a": ["headers", "urls"]}
            until(lambda: len(set(site.paths())) == 6, "not all visited", new)
            assert not survivor.told("config.outdated")
            assert new.stop() == survivor.stop() == 0


def test_what_is_set_makes_no_older_text_the_newest(site, tmp_path):
    first, second = two_texts(tmp_path, site)
    with Daemon(first) as old:
        old.wait_for("visit")
        with Daemon(second) as new:
            old.wait_for("config.outdated")
            before = texts(tmp_path)
            new.signal(signal.SIGSTOP)  # it puts its own text in force as well
            told = at_once("set", "-c", str(second), "--job", "a", "attempts=3", cwd=tmp_path)
            assert "a.attempts: " in told.stdout
            assert old.wait_for("config.reloaded")["changed"] == {"a": ["attempts"]}
            assert texts(tmp_path) == before, "the older text was put in force again"
            new.signal(signal.SIGCONT)
            new.wait_for("config.reloaded")
            until(lambda: len(set(site.paths())) == 9, "not all visited", new)
            assert new.stop() == old.stop() == 0


def two_texts(folder, site):
    """Write a configuration, and a copy of it with more URLs; return both."""
    first = config_of(folder, site, "a")
    (folder / "v2").mkdir()
    second = Path(shutil.copy(first, folder / "v2/crawler.yaml"))
    edit(second, urls=[f"{site.url}/a/[1-9]"])
    return first, second


def texts(folder):
    """How many texts were put in force."""
    with ledger(folder) as db:
        return db.execute("SELECT generation FROM ledger").fetchone()


def test_a_process_whose_file_has_another_text_says_so_and_leaves_the_jobs(site, tmp_path):
    first, second = two_texts(tmp_path, site)
    with Daemon(first) as old:
        old.wait_for("visit")
        with Daemon(second) as new:
            told = old.wait_for("config.outdated")
            assert told["jobs"] == ["a"]
            until(lambda: len(set(site.paths())) == 9, "not all visited", new)
            status = at_once("status", "-c", str(first), "--json", cwd=tmp_path)
            found = {one["pid"]: one["outdated"] for one in json.loads(status.stdout)["processes"]}
            assert found == {old.process.pid: True, new.process.pid: False}
            told = at_once("status", "-c", str(first), cwd=tmp_path).stdout
            assert "on an older text of its configuration" in told
            assert new.stop() == 0
        edit(first, urls=[f"{site.url}/a/[1-9]"], delay="0s")
        shutil.copy(second, first)
        until(lambda: old.told("config.reloaded"), "no reload", old)
        assert old.stop() == 0
