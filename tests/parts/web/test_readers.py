"""Native threads that read the ledger, and what they keep open."""

import time
from pathlib import Path

import gevent
import pytest
from gevent.monkey import get_original

from crawler.errors import StateError
from crawler.frontier import open_frontier
from crawler.state_address import StateServer, state_address
from crawler.web import readers
from crawler.web.problems import Problem
from crawler.web.readers import Kept, Readers
from tests import postgres
from tests.program import until

EVERY_ENGINE = True


@pytest.fixture
def state(request, frontier, tmp_path):
    """Where a ledger is that is there."""
    if request.node.callspec.params["engine"] == "sqlite":
        return tmp_path / "state.sqlite"
    return state_address(postgres.url_of(tmp_path))


def uid(state):
    def ask(opener):
        with opener(state) as desk:
            return desk.sums().uid, id(desk)

    return ask


def test_a_ledger_stays_open_between_requests_and_not_for_long(state, monkeypatch):
    with Readers(1) as some:
        first, second = some.run(uid(state)), some.run(uid(state))
        assert first == second
        monkeypatch.setattr(readers, "KEPT_S", -1.0)
        some.run(uid(state))
        assert some.run(uid(state))[0] == first[0]


def test_a_ledger_that_nobody_asks_for_is_closed(state, monkeypatch):
    monkeypatch.setattr(readers, "KEPT_S", 0.2)
    with Readers(2) as some:
        asked = some.run(uid(state))
        assert any(one.kept._desk for one in some._readers)
        until(lambda: not any(one.kept._desk for one in some._readers), "it is kept open")
        assert some.run(uid(state))[0] == asked[0]


def test_the_hub_goes_on_while_a_thread_is_asked(state):
    ticks = []

    def tick():
        while True:
            ticks.append(time.monotonic())
            gevent.sleep(0.01)

    ticker = gevent.spawn(tick)
    with Readers(1) as some:
        some.run(lambda _: blocking(0.5))
    ticker.kill()
    assert len(ticks) > 5


def blocking(seconds: float) -> None:
    """Let this thread, and no other, do nothing for a while."""
    get_original("select", "select")([], [], [], seconds)


def test_more_than_there_are_threads_for_wait_and_are_turned_away_in_the_end(state, monkeypatch):
    with Readers(2) as some:
        waiting = [gevent.spawn(some.run, lambda _: blocking(0.3)) for _ in range(4)]
        gevent.joinall(waiting, raise_error=True)
        monkeypatch.setattr(readers, "BUSY_S", 0.05)
        waiting = [gevent.spawn(some.run, lambda _: blocking(0.5)) for _ in range(2)]
        gevent.sleep(0)
        with pytest.raises(Problem) as busy:
            some.run(uid(state))
        assert (busy.value.status, busy.value.kind) == (503, "busy")
        gevent.joinall(waiting, raise_error=True)
        assert some.run(uid(state))


def test_a_thread_that_hangs_is_given_up_and_another_one_takes_its_place(state):
    with Readers(1, within=0.2) as some:
        for _ in range(2):
            with pytest.raises(Problem) as late:
                some.run(lambda _: blocking(1.0))
            assert (late.value.status, late.value.kind) == (503, "busy")
            assert "does its disk hang?" in str(late.value.detail)
        with gevent.Timeout(5):
            assert patiently(some, state)


def patiently(some, state):
    """Ask until the answer comes in time, which it may not on a busy machine."""
    while True:
        try:
            return some.run(uid(state))
        except Problem:
            gevent.sleep(0.05)


def test_what_a_request_raises_is_raised_and_the_thread_is_there_for_the_next(state):
    with Readers(1) as some:
        for error in (ValueError("x"), StateError("y")):
            with pytest.raises(type(error), match=str(error)):
                some.run(lambda _, error=error: raising(error))
        assert some.run(uid(state))


def raising(error: Exception) -> None:
    raise error


def test_a_ledger_that_turned_out_useless_is_opened_anew_once(state):
    kept, calls = Kept(), []

    def ask(opener):
        calls.append(1)
        with opener(state) as desk:
            if len(calls) == 2:
                raise StateError("the server is away")
            return desk.sums().uid

    assert kept.run(ask) == kept.run(ask)
    assert len(calls) == 3
    kept.close()
    calls.clear()
    calls.append(1)
    with pytest.raises(StateError, match="away"):
        kept.run(ask)
    assert len(calls) == 2, "one that was just opened is not tried again"
    kept.close()


def test_a_file_in_anothers_place_is_another_ledger(engine, state, tmp_path):
    if isinstance(state, StateServer):
        pytest.skip("a server's ledger is no file")
    with Readers(1) as some:
        first, _ = some.run(uid(state))
        with open_frontier(tmp_path / "other.sqlite", durable=False) as other:
            second = other.sums().uid
        Path(tmp_path / "other.sqlite").rename(state)
        for rest in tmp_path.glob("state.sqlite-*"):
            rest.unlink()
        assert some.run(uid(state))[0] == second != first


def test_threads_are_gone_at_the_end(state):
    before = threads()
    with Readers(3) as some:
        some.run(uid(state))
    with gevent.Timeout(5):
        while threads() > before:
            gevent.sleep(0.01)


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))
