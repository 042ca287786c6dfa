"""What the lines of a daemon have in common, and what its first and its last ones say."""

import json
import signal
import subprocess

import yaml

from crawler import __version__
from tests.program import CRAWLER, Daemon, crawler, until, write_config
from tests.servers import Site, slow


def edit(config, **options):
    document = yaml.safe_load(config.read_text())
    document["crawler"] |= options
    config.write_text(yaml.safe_dump(document))


def test_every_line_names_its_process_and_the_first_ones_its_pid(tmp_path):
    with Site(slow(0)) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-3]"]}]
        config = write_config(tmp_path, jobs)
        with Daemon(config) as first, Daemon(config) as second:
            until(lambda: len(first.told("visit") + second.told("visit")) == 3, "no visits", first)
            ready = [one.wait_for("daemon.ready") for one in (first, second)]
            assert first.stop() == second.stop() == 0
    assert len({one["process"] for one in ready}) == 2
    for daemon, its in zip((first, second), ready, strict=True):
        for record in daemon.records:
            assert list(record)[3] == "process"
            assert record["process"] == its["process"] or record["pid"] == its["pid"]


def test_what_is_logged_before_the_process_has_a_number_has_its_pid(tmp_path):
    with Site(slow(0)) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/1"]}]
        config = write_config(tmp_path, jobs, concurrency=64)
        command = f"{' '.join(CRAWLER)} run -c {config} --until-done"
        with subprocess.Popen(
            ["bash", "-c", f"ulimit -n 200; exec {command}"], stdout=subprocess.PIPE
        ) as process:
            told = [json.loads(line) for line in process.stdout]
    assert (told[0]["event"], told[0]["process"]) == ("descriptors.few", 0)
    assert told[0]["pid"] == process.pid
    assert told[-1]["process"] > 0
    assert "pid" not in told[-1]


def test_the_first_line_says_which_program_runs_by_what_on_what(tmp_path):
    with Site(slow(0)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        with Daemon(config) as daemon:
            ready = daemon.wait_for("daemon.ready")
            assert daemon.stop() == 0
    assert (ready["version"], ready["config"]) == (__version__, str(config))
    assert (ready["state"], ready["output"]) == (
        str(tmp_path / "state.sqlite"), str(tmp_path / "files")
    )  # fmt: skip
    assert (ready["jobs"], ready["concurrency"]) == (1, 8)
    assert len(ready["digest"]) == 24


def test_a_reload_says_old_and_new_and_changes_the_levels_of_the_log(tmp_path):
    with Site(slow(0)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        with Daemon(config) as daemon:
            daemon.wait_for("visit")
            edit(config, concurrency=5, log={"levels": {"lease.released": "error"}})
            daemon.signal(signal.SIGHUP)
            told = daemon.wait_for("config.reloaded")
            assert told["values"] == ["crawler.concurrency: 8 → 5"]
            assert daemon.stop() == 0
        assert not daemon.told("lease.released")
        assert daemon.told("daemon.stopped")


def test_visits_that_ended_badly_are_warnings_and_may_be_all_that_is_logged(tmp_path):
    with Site(slow(0)) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/1", "http://127.0.0.1:1/"], "attempts": 1}]
        config = write_config(tmp_path, jobs, log={"levels": {"visit": "warning"}})
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
    (visit,) = daemon.told("visit")
    assert (visit["level"], visit["kind"], visit["verdict"]) == ("warning", "connect", "dead")


def test_a_level_for_an_event_that_there_is_not_is_refused_with_what_is_meant(tmp_path):
    config = write_config(tmp_path, [{"name": "j"}], log={"levels": {"visits": "warning"}})
    done = crawler("check", "-c", str(config), cwd=tmp_path)
    assert done.returncode == 2
    assert "crawler.log.levels.visits: is no event of the log; is it visit" in done.stderr
