"""`log.file` has what standard output has; it rotates, is opened anew, and ends nothing."""

import json
import resource
import signal
import subprocess

import yaml

from tests.program import CRAWLER, Daemon, assert_clean, crawler, write_config
from tests.servers import Site, slow


def records(folder):
    return [
        json.loads(line)
        for file in sorted(folder.glob("crawler.log*"))
        for line in file.read_text().splitlines()
    ]


def test_the_file_has_every_line_beside_standard_output_over_rotations(tmp_path):
    with Site(slow(0)) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-50]"]}]
        log = {"file": "crawler.log", "file_size": "4KB", "file_count": 50}
        with Daemon(write_config(tmp_path, jobs, log=log), "--until-done") as daemon:
            assert daemon.wait() == 0

    def key(record):
        return json.dumps(record, sort_keys=True)

    assert sorted(map(key, records(tmp_path))) == sorted(map(key, daemon.records))
    assert (tmp_path / "crawler.log.3").stat().st_size <= 4000


def test_usr2_opens_the_file_anew_as_logrotate_wants_it(tmp_path):
    with Site(slow(0)) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/1"]}]
        config = write_config(tmp_path, jobs, log={"file": "crawler.log"})
        with Daemon(config) as daemon:
            daemon.wait_for("visit")
            (tmp_path / "crawler.log").rename(tmp_path / "moved")
            daemon.signal(signal.SIGUSR2)
            daemon.wait_for("log.reopened")
            assert daemon.stop() == 0
    told = [one["event"] for one in records(tmp_path)]
    assert "log.reopened" in told  # behind a line at most that was still to be written
    assert "daemon.ready" not in told
    assert told[-1] == "daemon.stopped"


def test_a_reload_gives_the_log_another_file(tmp_path):
    with Site(slow(0)) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/1"]}]
        config = write_config(tmp_path, jobs, log={"file": "old.log"})
        with Daemon(config) as daemon:
            daemon.wait_for("visit")
            document = yaml.safe_load(config.read_text())
            document["crawler"]["log"]["file"] = "files/.crawlerd/x.log"
            config.write_text(yaml.safe_dump(document))
            daemon.signal(signal.SIGHUP)
            (problem,) = daemon.wait_for("config.rejected")["problems"]
            assert "crawler.log.file" in problem
            document["crawler"]["log"]["file"] = "crawler.log"
            config.write_text(yaml.safe_dump(document))
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("config.reloaded")
            assert daemon.stop() == 0
    assert [one["event"] for one in records(tmp_path)][-1] == "daemon.stopped"
    assert "daemon.stopped" not in (tmp_path / "old.log").read_text()


def test_a_full_disk_under_the_file_ends_nothing_and_is_told_once(tmp_path):
    """A limit of the size of files is the full disk; bodies and ledger are shorter."""

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))

    with Site(slow(0)) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-50]"]}]
        log = {"file": "crawler.log", "file_size": 0}
        config = write_config(tmp_path, jobs, log=log)
        (tmp_path / "crawler.log").write_text("x" * 3_999_000 + "\n")
        done = subprocess.run(
            [*CRAWLER, "run", "-c", str(config), "--until-done"],
            capture_output=True, text=True, timeout=60, check=False, preexec_fn=limited,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len([one for one in told if one["event"] == "visit"]) == 50
    (failed,) = [one for one in told if one["event"] == "log.failed"]
    assert (failed["level"], failed["file"]) == ("error", str(tmp_path / "crawler.log"))
    assert_clean(tmp_path, urls=50)


def test_a_file_that_may_not_be_written_is_refused_at_the_start_and_by_check(tmp_path):
    config = write_config(
        tmp_path, [{"name": "j", "urls": ["http://h/"]}], log={"file": "crawler.yaml/crawler.log"}
    )
    for verb in ("run", "check"):
        done = crawler(verb, "-c", str(config), cwd=tmp_path)
        assert done.returncode == 2
        assert "crawler.log.file: " in done.stderr
