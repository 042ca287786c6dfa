"""The supervisor: whatever dies under it, nothing that was delivered is lost."""

import itertools

import gevent

from crawler.model import Kind
from tests.parts.crew import URLS, Crew, well


def test_a_settler_that_breaks_loses_nothing_that_was_delivered(tmp_path):
    with Crew(tmp_path, well) as crew:
        settle, times = crew.frontier.settle, itertools.count()

        def breaks_at_first(*arguments, **named) -> None:
            if next(times) in {0, 3}:
                raise OSError("the disk is away")
            return settle(*arguments, **named)

        crew.frontier.settle = breaks_at_first
        assert crew.run() is False
        assert crew.frontier.sums().counts.finished == {"stored": URLS}
    assert len(crew.log.told("settler.restarted")) >= 1
    assert all(outcome.kind is Kind.STORED for outcome in crew.settled.values())


def test_a_reload_that_is_under_way_at_a_stop_ends_with_the_daemon(tmp_path):
    reached: list[str] = []

    def reload() -> None:
        reached.append("begun")
        try:
            gevent.sleep(5)
            reached.append("applied")
        finally:
            reached.append("ended")

    with Crew(tmp_path, well) as crew:
        crew.mailbox.reload()
        assert crew.run(reload) is False
        assert reached == ["begun", "ended"]
