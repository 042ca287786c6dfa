"""`crawler web` and a ledger on a server that is away or stands still."""

import pytest

from tests import program
from tests.daemon.test_ledger_on_a_server import AWAY, away, still
from tests.daemon.test_web import made
from tests.postgres import Cluster
from tests.program import until
from tests.web import PREFIX, Web


@pytest.fixture
def cluster(monkeypatch):
    with Cluster() as one:
        name = one.create()
        monkeypatch.setattr(program, "state_of", lambda _: one.url(name))
        yield one


def test_a_server_that_is_away_is_told_and_comes_back(tmp_path, cluster):
    file = made(tmp_path)
    (tmp_path / "files.token").unlink(missing_ok=True)
    with Web(file) as web:
        assert (tmp_path / "files.token").exists(), "beside the output folder"
        events = web.events(30)
        assert next(events)[0] == "state"
        with away(cluster):
            reply = until(lambda: unready(web), "it is ready without its server", web)
            assert (reply.problem()["kind"], reply.status) == ("ledger", 503)
            assert AWAY in reply.problem()["detail"]
            assert AWAY in web.ask("POST", f"{PREFIX}/pause", {}).problem()["detail"]
            assert AWAY in next(told for name, told in events if name == "fault")["detail"]
            assert web.ask("GET", "/healthz").status == 200
        assert web.get("jobs")["jobs"][0]["known"] == 3, "as soon as it is back"
        assert next(told for name, told in events if name == "state")
        events.close()
        assert web.stop() == 0
        assert not web.told("web.failed")
        assert not web.told("greenlet.failed")


def unready(web: Web):
    reply = web.ask("GET", f"{PREFIX}/status")
    return reply if reply.status == 503 else None


def test_a_server_that_stands_still_holds_up_neither_health_nor_the_end(tmp_path, cluster):
    with Web(made(tmp_path)) as web:
        assert web.get("jobs")
        with still(cluster):
            for _ in range(4):
                assert web.ask("GET", "/healthz").status == 200
            assert web.stop() == 0


def test_it_starts_while_its_server_is_away(tmp_path, cluster):
    file = made(tmp_path)
    with away(cluster), Web(file) as web:
        assert web.ask("GET", "/readyz").status == 503
        assert web.stop() == 0
