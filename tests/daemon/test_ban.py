"""A host that refuses everything, as it and an operator see it."""

import json

from tests.program import Daemon, fetch, ledger, until, write_config
from tests.servers import Site, status


def refuses(_: str):
    return status("403 Forbidden")


def test_a_host_that_refuses_everything_is_left_alone_and_that_is_told(tmp_path):
    with Site(refuses) as site:
        job = {"name": "a", "urls": [f"{site.url}/[1-40]"], "delay": "10ms", "robots": "ignore"}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            (told,) = until(lambda: daemon.told("host.rested", state="banned"), "no ban", daemon)
            until(lambda: resting(tmp_path), "the host is not given back", daemon)
            assert daemon.stop() == 0
        assert len(site.requests) == 10
    assert told["cause"] == "HTTP status 403"
    assert resting(tmp_path) > 200


def resting(folder) -> float:
    """Return for how many seconds the host that nobody owns was told to rest by its failures."""
    with ledger(folder) as db:
        wanted = "SELECT failed_until - answered_at FROM host WHERE owner IS NULL AND refusals = 10"
        return (db.execute(wanted).fetchone() or (0.0,))[0]


def test_fetch_ends_at_once_what_a_host_refuses(tmp_path):
    with Site(refuses) as site:
        ended = fetch(f"{site.url}/[1-200]", "--json", "--robots", "ignore", cwd=tmp_path)
        assert ended.returncode == 1
        assert len(site.requests) < 100, "ten, and what was under way by then"
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(lines) == 200
    refused = [line for line in lines if "refused unvisited" in (line.get("reason") or "")]
    assert len(refused) >= 200 - len(site.requests)
