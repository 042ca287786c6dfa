"""`crawler status` and `status --check`, beside daemons that fail, pause, hang and reload."""

import signal

from tests.daemon.test_desk import asked, desk
from tests.program import Daemon, at_once, crawler, until, write_config
from tests.servers import Site


def check(folder, *arguments):
    """Run a check; return its exit code and its line."""
    done = at_once("status", "--check", "-c", "crawler.yaml", *arguments, cwd=folder)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_a_check_tells_a_monitor_how_the_crawler_is(tmp_path):
    with Site(lambda path: path.encode()) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-2]"]}]
        file = write_config(tmp_path, jobs)
        assert check(tmp_path)[0] == 3
        assert check(tmp_path)[1].startswith("CRAWLER UNKNOWN - ")
        with Daemon(file) as daemon:
            daemon.wait_for("daemon.ready")
            code, line = check(tmp_path)
            assert (code, line.count("\n")) == (0, 1)
            assert line.startswith("CRAWLER OK - 1 process, ")
            assert " | processes=1 rate=" in line
            assert check(tmp_path, "--processes", "2")[0] == 1
            assert check(tmp_path, "--min-room", "900TB")[0] == 1
            daemon.signal(signal.SIGSTOP)
            until(
                lambda: check(tmp_path, "--max-silence", "2s")[0] == 2, "it is not missed", daemon
            )
            assert "was not heard of for " in check(tmp_path, "--max-silence", "2s")[1]
            daemon.signal(signal.SIGCONT)
            assert daemon.stop() == 0
        assert check(tmp_path)[0] == 2
        assert "no daemon is running" in check(tmp_path)[1]
    for wrong in (["--max-failing", "many"], ["--min-room", "9 elephants"], ["--nonsense"]):
        assert check(tmp_path, *wrong)[0] == 3
    assert crawler("status", "--check", cwd=tmp_path).returncode == 3
    assert at_once("status", "--nonsense", "-c", "crawler.yaml", cwd=tmp_path).returncode == 2
    file.write_text("crawler: nonsense")
    assert check(tmp_path)[0] == 3
    assert at_once("status", "-c", "crawler.yaml", cwd=tmp_path).returncode == 2


def test_dead_hosts_are_named_and_their_urls_are_told_as_tried_again(tmp_path):
    file = write_config(tmp_path, [{"name": "dead", "urls": ["http://127.0.0.9:9/[1-9]"]}])
    with Daemon(file) as daemon:
        daemon.wait_for("host.rested")
        until(lambda: asked(tmp_path)["jobs"][0]["retrying"], "none is tried again", daemon)
        told = asked(tmp_path)
        assert told["jobs"][0]["error"] == 0
        assert told["failing"][0]["host"] == "127.0.0.9:9"
        assert told["failing"][0]["cause"] == "connect refused"
        assert told["jobs"][0]["waits_for"].startswith("1 host failing")
        until(lambda: asked(tmp_path)["eta"]["first_visits"], "no host at rest", daemon)
        assert told["wal_bytes"] > 0
        assert "failing  127.0.0.9:9 for " in desk(tmp_path, "status")
        code, line = check(tmp_path)
        assert (code, "1 of 1 host failing: 127.0.0.9:9" in line) == (1, True)
        assert check(tmp_path, "--max-failing", "100%")[0] == 0
        daemon.stop()


def test_what_the_last_reload_changed_is_told_until_the_next_one(tmp_path):
    with Site(lambda path: path.encode()) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-2]"]}]
        file = write_config(tmp_path, jobs)
        reloaded = lambda: asked(tmp_path)["processes"][0]["reloaded"]  # noqa: E731
        with Daemon(file) as daemon:
            daemon.wait_for("daemon.ready")
            assert reloaded() is None
            write_config(tmp_path, [{**jobs[0], "delay": "3s"}])
            desk(tmp_path, "reload")
            until(lambda: reloaded() is not None, "not told", daemon)
            assert reloaded() == "j: delay 0 → 3s"
            file.write_text("jobs: nonsense")
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("config.rejected")
            write_config(tmp_path, jobs)
            until(lambda: reloaded().startswith("refused: "), "not told", daemon)
            daemon.stop()
