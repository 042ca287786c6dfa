"""Hosts that fail are named with their causes, by the program, beside a daemon and without one."""

import json

from tests.daemon.test_desk import desk
from tests.parts.ledgers import execute
from tests.program import Daemon, until, write_config
from tests.servers import Site, status


def hosts(folder, *arguments):
    return json.loads(desk(folder, "hosts", *arguments, "--json"))["hosts"]


def test_failing_hosts_are_named_with_cause_example_and_rest(tmp_path):
    busy, well = Site(lambda _: status("503 Busy")), Site(lambda path: path.encode())
    with busy, well:
        jobs = [
            {"name": "j", "urls": [f"{site.url}/[1-4]"]} for site in (busy, well)
        ]  # fmt: skip
        jobs[1]["name"] = "k"
        jobs.append({"name": "dead", "urls": ["http://127.0.0.9:9/[1-9]"]})
        file = write_config(tmp_path, jobs)
        with Daemon(file) as daemon:
            daemon.wait_for("daemon.ready")
            until(lambda: len(hosts(tmp_path, "--failing")) == 2, "none fails", daemon)
            failing = {one["host"]: one for one in hosts(tmp_path, "--failing")}
            key = busy.url.removeprefix("http://")
            assert failing[key]["last_failure"]["cause"] == "http_error 503"
            assert failing["127.0.0.9:9"]["last_failure"]["cause"] == "connect refused"
            assert failing[key]["last_failure"]["url"].startswith(busy.url)
            told = desk(tmp_path, "failures", "--since", "1h")
            assert "127.0.0.9:9  connect refused, " in told
            assert "\n  Connection refused\n  http://127.0.0.9:9/" in told
            name = well.url.removeprefix("http://")
            until(
                lambda: desk(tmp_path, "host", name).count("100 % of the last ones well"),
                "not visited", daemon,
            )  # fmt: skip
            assert "\n  state         failing, for " in desk(tmp_path, "host", key)
            assert daemon.stop() == 0
    assert {one["host"] for one in hosts(tmp_path, "--failing")} == set(failing)
    assert "no host nowhere is known" in desk(tmp_path, "host", "nowhere", code=2)
    assert "choose --failing, --resting or --paused" in desk(
        tmp_path, "hosts", "--failing", "--resting", code=2
    )
    execute(tmp_path / "state.sqlite", "UPDATE failure SET reason = 'x' || char(27) || '[2J'")
    for verb in (["failures"], ["hosts", "--failing"], ["host", "127.0.0.9"]):
        assert "\x1b" not in desk(tmp_path, *verb)
        assert "\x1b" not in desk(tmp_path, *verb, "--json")
