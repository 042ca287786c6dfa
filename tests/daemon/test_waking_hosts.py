"""`crawler wake`, beside daemons at work and without one."""

import json

import gevent

from tests.daemon.test_desk import desk
from tests.engines import on_every_engine
from tests.program import Daemon, until, write_config
from tests.servers import Site, status


@on_every_engine
def test_a_host_that_is_repaired_is_visited_at_once(tmp_path):
    broken = True

    def answer(path):
        return status("503 Broken") if broken else path.encode()

    with Site(answer) as site:
        job = {"name": "j", "urls": [f"{site.url}/[1-3]"], "attempts": 50, "per_host": 1}
        file = write_config(tmp_path, [job])
        host = f"127.0.0.1:{site.port}"
        with Daemon(file) as daemon, Daemon(file) as second:
            second.wait_for("daemon.ready")
            until(lambda: len(site.requests) >= 3, "it was not visited", daemon)
            gevent.sleep(1)
            broken = False
            before = len(site.requests)
            told = json.loads(desk(tmp_path, "wake", host, "--wait", "--json"))
            assert told["woken"][0]["hosts"] == 1
            assert len(told["heard"]) == 2
            until(lambda: len(set(site.paths()[before:])) == 3, "it still rests", daemon)
            until(lambda: json.loads(desk(tmp_path, "status", "--json"))["jobs"][0]["ok"] == 3,
                  "not stored", daemon)  # fmt: skip
            assert [daemon.stop(), second.stop()] == [0, 0]
        assert "no daemon is running" in desk(tmp_path, "wake", host, code=1)
        assert "no host z is known" in desk(tmp_path, "wake", host, "z", code=2)


def test_a_retry_tells_which_hosts_rest_nevertheless_and_what_ends_that(tmp_path):
    def answer(path):
        return status("503 Busy", ("Retry-After", "600")) if path == "/1" else status("500 Broken")

    with Site(answer, ("127.0.0.1", "127.0.0.2")) as site:
        urls = [f"http://127.0.0.1:{site.port}/1", f"http://127.0.0.2:{site.port}/[2-9]"]
        job = {"name": "j", "urls": urls, "attempts": 50, "per_host": 1, "path": "{host}/{name}"}
        file = write_config(tmp_path, [job], defaults={"max_backoff": "1h"})
        asked, broken = (f"127.0.0.{n}:{site.port}" for n in (1, 2))
        with Daemon(file) as daemon:
            daemon.wait_for("host.rested", host=broken)
            daemon.wait_for("visit", status=503)
            told = desk(tmp_path, "retry")
            assert f"{asked} rests until " in told
            assert (
                f": it asked for that itself; only `crawler wake --force {asked}` ends it" in told
            )
            assert f": its failures; `crawler wake {broken}` ends it" in told
            named = desk(tmp_path, "retry", urls[0], code=1)
            assert named.startswith(f"{urls[0]}: it is due already")
            assert f"only `crawler wake --force {asked}` ends it" in named
            rests = json.loads(desk(tmp_path, "retry", "--host", asked, "--json"))["resting"]
            assert [one["host"] for one in rests] == [asked]
            woken = desk(tmp_path, "wake", asked, broken)
            assert f"{asked} rests until " in woken
            assert f"it asked for that itself; only `crawler wake --force {asked}` ends it" in woken
            assert f"{broken} rests" not in woken
            assert f"{asked} is woken\n" in woken
            rests = json.loads(desk(tmp_path, "wake", asked, "--json"))["resting"]
            assert [one["host"] for one in rests] == [asked]
            assert site.paths().count("/1") == 1, "what a host asks for is ended by no retry"
            assert daemon.stop() == 0
