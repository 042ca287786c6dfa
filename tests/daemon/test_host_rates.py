"""`limit_rate` of a host: its bodies alone are slow, and a reload that lifts it is live."""

import signal

from tests.program import Daemon, until, write_config
from tests.servers import Site

BODY = bytes(100_000)


def test_the_rate_of_a_host_holds_for_it_alone_and_until_a_reload_lifts_it(tmp_path):
    with Site(lambda _: BODY, ["127.0.0.1", "127.0.0.2"]) as site:
        job = {
            "name": "j", "urls": [f"http://127.0.0.{{1,2}}:{site.port}/a"], "attempts": 1,
            "schedule": {"every": "200ms"}, "timeout": {"total": "1s"},
        }  # fmt: skip
        config = write_config(tmp_path, [job], hosts={"127.0.0.1": {"limit_rate": "10KB"}})
        with Daemon(config) as daemon:
            slow, quick = (f"127.0.0.{number}:{site.port}" for number in (1, 2))
            daemon.wait_for("visit", host=slow, kind="timeout")
            until(lambda: len(daemon.told("visit", host=quick)) > 2, "not visited", daemon)
            assert {one["kind"] for one in daemon.told("visit", host=quick)} <= {
                "stored", "unchanged",
            }  # fmt: skip
            assert {one["kind"] for one in daemon.told("visit", host=slow)} == {"timeout"}
            write_config(tmp_path, [job])
            daemon.signal(signal.SIGHUP)
            daemon.wait_for("visit", host=slow, kind="stored")
            assert daemon.stop() == 0
