"""The line of a visit: its level says whether somebody should look at it."""

import pytest

from crawler.log import log_visit
from crawler.model import Kind, Outcome, Task
from crawler.records import Again, Dead, Done, Hop, Settlement

TASK = Task(1, "j", "http://h/", "http://h/", "h:80", 1, 1, attempt=9, failures=2)


class Levels:
    """A log that remembers levels and fields."""

    def __init__(self):
        self.told = []

    def __getattr__(self, level):
        return lambda _, **fields: self.told.append((level, fields))


def told(kind, verdict, **task):
    log = Levels()
    one = Task(**{name: getattr(TASK, name) for name in Task.__slots__} | task)
    log_visit(log, Settlement(one, Outcome(kind), verdict, 0.0))
    (line,) = log.told
    return line


@pytest.mark.parametrize(
    ("kind", "verdict", "level"),
    [
        (Kind.STORED, Done(), "info"),
        (Kind.REDIRECTED, Hop("http://i/"), "info"),
        (Kind.CONNECT, Again(0.0), "info"),
        (Kind.NOT_FOUND, Dead("gone"), "warning"),
        (Kind.BUG, Dead("bug"), "error"),
        (Kind.BUG, Again(0.0), "error"),
    ],
)
def test_the_level_is_by_the_verdict(kind, verdict, level):
    assert told(kind, verdict)[0] == level


def test_what_is_tried_again_has_a_field_of_its_own():
    assert told(Kind.CONNECT, Again(0.0))[1]["retry"] is True
    assert told(Kind.STORED, Done())[1]["retry"] is None


def test_attempts_begin_anew_after_an_end_and_visits_are_counted_on():
    fields = told(Kind.STORED, Done())[1]
    assert (fields["attempt"], fields["visit_no"]) == (3, 9)


def test_a_robots_txt_is_told_from_a_page():
    assert told(Kind.STORED, Done())[1]["robots_txt"] is None
    assert told(Kind.STORED, Done(), robots=True)[1]["robots_txt"] is True
