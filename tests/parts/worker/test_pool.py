"""Workers that die, hang or are killed: each is replaced, and its URL recorded."""

import gevent
import pytest

from crawler.model import Task, Visited
from tests.parts.crew import CULPRIT, URLS, Crew, raises, well


@pytest.mark.parametrize(
    "error", [ValueError("oops"), SystemExit(7), gevent.GreenletExit(), MemoryError()], ids=repr
)
def test_a_worker_that_dies_is_replaced_and_its_url_is_recorded(tmp_path, error):
    with Crew(tmp_path, raises(error)) as crew:
        assert crew.run() is False
    crew.assert_recovered()
    (told,) = crew.log.told("worker.restarted")
    assert type(error).__name__ in told["cause"] or "sys.exit(7)" in told["cause"]


def test_a_worker_that_swallows_every_exception_is_given_up_and_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.worker.pool.STUCK_S", 0.5)
    freed = gevent.event.Event()

    def visit(task: Task, deadline: float) -> Visited:
        while task.url == CULPRIT and not freed.is_set():
            try:
                freed.wait()
            except BaseException:  # noqa: BLE001, S112  this is the fault
                continue
        return well(task, deadline)

    with Crew(tmp_path, visit) as crew:
        crew.visit_timeout = 0.1
        assert crew.run() is False
        assert crew.workers.abandoned == 1
        freed.set()
    crew.assert_recovered()
    assert crew.log.told("worker.abandoned") == [
        {"url": CULPRIT, "reason": "it would not end when killed"}
    ]


def test_a_visit_far_past_its_deadline_is_killed_and_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.worker.pool.STUCK_S", 0.5)

    def visit(task: Task, deadline: float) -> Visited:
        if task.url == CULPRIT:
            gevent.event.Event().wait()
        return well(task, deadline)

    with Crew(tmp_path, visit) as crew:
        crew.visit_timeout = 0.1
        assert crew.run() is False
    crew.assert_recovered()


def test_a_worker_killed_before_its_first_switch_is_replaced(tmp_path):
    with Crew(tmp_path, well) as crew:
        fill, killed = crew.workers.fill, []

        def fill_and_kill_one() -> None:
            fill()
            if not killed:  # not one of them has run yet
                killed.append(next(iter(crew.workers._workers)))
                killed[0].kill(block=False)

        crew.workers.fill = fill_and_kill_one
        assert crew.run() is False
        assert len(crew.settled) == URLS
    assert crew.log.told("worker.restarted")[0]["cause"] == "GreenletExit()"
