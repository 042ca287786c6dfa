"""A host that refuses everything, as it and an operator see it."""

import json
import signal
import subprocess

from tests.program import CRAWLER, Daemon, fetch, ledger, until, write_config
from tests.servers import Site, status


def refuses(_: str):
    return status("403 Forbidden")


def test_a_host_that_refuses_everything_is_left_alone_and_that_is_told(tmp_path):
    with Site(refuses) as site:
        job = {"name": "a", "urls": [f"{site.url}/[1-40]"], "delay": "10ms", "per_host": 1}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            (told,) = until(lambda: daemon.told("host.rested", state="banned"), "no ban", daemon)
            until(lambda: resting(tmp_path), "the host is not given back", daemon)
            assert daemon.stop() == 0
        assert len(site.requests) == 10
    assert told["cause"] == "HTTP status 403"
    assert resting(tmp_path) > 200


def captcha(_: str):
    return b"<p>Are you a robot?</p>"


def test_a_job_says_what_a_ban_is_and_it_holds_over_kill_9(tmp_path):
    """A site shows everybody a captcha: after three of them it is left alone, also after a kill."""
    with Site(captcha) as site:
        job = {
            "name": "a", "urls": [f"{site.url}/[1-40]"], "delay": "10ms", "robots": "ignore",
            "ban": {"status": [], "body": ["a robot?"], "after": 3}, "per_host": 1,
        }  # fmt: skip
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            (told,) = until(lambda: daemon.told("host.rested", state="banned"), "no ban", daemon)
            until(lambda: resting(tmp_path, 3), "the host is not given back", daemon)
            daemon.signal(signal.SIGKILL)
            assert daemon.wait() == -signal.SIGKILL
            assert not daemon.told("host.unwanted"), "one line is enough"
        with Daemon(config) as daemon:
            daemon.wait_for("daemon.ready")
            table = subprocess.run(
                [*CRAWLER, "hosts", "-c", str(config)], capture_output=True, text=True, check=True
            ).stdout
            assert daemon.stop() == 0
        assert len(site.requests) == 3
    assert told["cause"] == 'refused: contains "a robot?"'
    assert table.splitlines()[1].split()[1] == "banned"
    assert not list(tmp_path.glob("files/a/*"))


def test_a_reload_changes_what_a_ban_is(tmp_path):
    with Site(refuses) as site:
        job = {"name": "a", "urls": [f"{site.url}/[1-60]"], "robots": "ignore", "per_host": 1}
        config = write_config(tmp_path, [{**job, "delay": "20ms", "ban": {"status": []}}])
        with Daemon(config) as daemon:
            until(lambda: len(site.requests) > 20, "no visits", daemon)
            write_config(tmp_path, [{**job, "delay": "20ms", "ban": {"status": [403], "after": 2}}])
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("config.reloaded", changed={"a": ["ban"]})
            daemon.wait_for("host.rested", state="banned")
            assert daemon.stop() == 0
        assert len(site.requests) < 60


def resting(folder, refusals: int = 10) -> float:
    """Return for how many seconds the host that nobody owns was told to rest by its failures."""
    with ledger(folder) as db:
        wanted = "SELECT failed_until - answered_at FROM host WHERE owner IS NULL AND refusals = ?"
        return (db.execute(wanted, (refusals,)).fetchone() or (0.0,))[0]


def test_fetch_ends_at_once_what_a_host_refuses(tmp_path):
    with Site(refuses) as site:
        ended = fetch(f"{site.url}/[1-200]", "--json", "--robots", "ignore", cwd=tmp_path)
        assert ended.returncode == 8
        assert len(site.requests) < 100, "ten, and what was under way by then"
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(lines) == 200
    refused = [line for line in lines if "refused unvisited" in (line.get("reason") or "")]
    assert len(refused) >= 200 - len(site.requests)
