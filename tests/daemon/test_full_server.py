"""A ledger's server whose disk is full: the crawl pauses, and goes on when there is room."""

from collections import Counter

from tests import postgres
from tests.program import Daemon, until, write_config
from tests.rigs.disks import fill, server_disk, small_database
from tests.servers import Site, slow

URLS = 1000


def test_a_server_without_room_is_waited_for_and_nothing_is_charged_for_it(tmp_path):
    cluster = postgres.shared()
    with (
        Site(slow(0.01)) as site,
        server_disk() as disk,
        small_database(cluster, disk) as name,
    ):
        job = {"name": "j", "urls": [f"{site.url}/[1-{URLS}].{'x' * 1500}"], "attempts": 1,
               "path": "{digest}"}  # fmt: skip
        config = write_config(tmp_path, [job], state=cluster.url(name))
        with Daemon(config, "--until-done") as daemon:
            daemon.wait_for("visit")
            ballast = fill(disk)
            until(lambda: paused(daemon), "no pause", daemon)
            ballast.unlink()
            assert daemon.wait(60) == 0
        stored = Counter(one["url"] for one in daemon.told("visit", kind="stored"))
        assert len(stored) == URLS
        assert set(stored.values()) == {1}
        assert not daemon.told("visit", verdict="dead")
        assert all("its disk is full" in one["cause"] for one in paused(daemon))


def paused(daemon):
    return [one for one in daemon.records if one["event"].endswith(".paused")]
