"""`crawler wake`, beside daemons at work and without one."""

import json

import gevent

from tests.daemon.test_desk import desk
from tests.program import Daemon, until, write_config
from tests.servers import Site, status


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
