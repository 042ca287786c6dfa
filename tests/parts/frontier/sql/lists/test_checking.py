"""Lists that say something else of bodies than before: what is due again, what holds on."""

import json

import pytest

from crawler.frontier import ReadChunk, Retire, SourceState
from crawler.frontier.queries import Wanted
from crawler.frontier.questions import SaidOf
from crawler.model import Kind
from crawler.policy.checksums import BOUND
from crawler.records import Again, Dead, Done, HostRecord
from tests.parts.desk import rows
from tests.parts.frontiers import LATER, NOW, done, end_pass, join, put, seed, settled, take

EVERY_ENGINE = True

A, B = "a" * 64, "b" * 64
AT = NOW + 50


def line(number, **said):
    """A line of a list that says something of a body."""
    text = json.dumps({BOUND: json.dumps(said) if said else "", "column": "x"})
    return seed(f"http://a/{number}")._replace(extra=text)


@pytest.fixture
def owner(frontier):
    return join(frontier)


@pytest.fixture
def reading(frontier, owner):
    return frontier.begin_pass(owner, "job", "list")


def read(frontier, one, *lines, key):
    """Read one chunk of a list, which has changed."""
    return put(frontier, one, [ReadChunk(1, key, lines)], AT)


def visited(frontier, owner, kind=Kind.STORED, verdict=None, *, number=1):
    """Have so many URLs visited, and their host given back."""
    more = {"digest": A, "size": 5, "path": "a"} if kind is Kind.STORED else {}
    for _ in range(number):
        (host,) = take(frontier, owner, AT, new=1).values()
        task, *others = host.tasks
        frontier.settle(owner, [settled(task, kind, verdict or Done(), AT, **more)], [])
        back = [one.id for one in others]
        take(frontier, owner, AT, new=0, back=back, idle=[HostRecord(host.id, 0.0)])


def due(frontier, owner, now=AT):
    return [task for host in take(frontier, owner, now).values() for task in host.tasks]


def test_another_digest_makes_a_stored_url_due_and_counts_it(frontier, owner, reading):
    read(frontier, reading, *(line(n, sha256=A) for n in range(3)), key=1)
    visited(frontier, owner, number=3)
    assert frontier.sums().counts.waiting == 0
    lines = [line(0, sha256=B), line(1, sha256=A), line(2, sha256=A, mirrors=["http://b/2"])]
    synced = read(frontier, reading, *lines, key=2)
    assert (synced.added, synced.renewed, synced.unchecked) == (0, 1, 0)
    assert frontier.sums().counts.again == 1
    (task,) = due(frontier, owner)
    assert task.url == "http://a/0"
    assert json.loads(task.checks)["sha256"] == B
    assert task.extra == {"column": "x"}
    assert read(frontier, reading, *lines, key=2).renewed == 0


@pytest.mark.parametrize("verdict", [Dead("it is another"), Done(AT + LATER)])
def test_so_it_is_with_one_that_ended_otherwise_or_waits_for_its_time(
    frontier, owner, reading, verdict
):
    read(frontier, reading, line(0, sha256=A), key=1)
    visited(frontier, owner, Kind.MISMATCH, verdict)
    assert read(frontier, reading, line(0, sha256=B), key=2).renewed == 1
    assert [task.failures for task in due(frontier, owner)] == [0]


def test_what_is_tried_again_or_visited_keeps_its_time(frontier, owner, reading):
    read(frontier, reading, line(0, sha256=A), key=1)
    visited(frontier, owner, Kind.TIMEOUT, Again(AT + 60))
    assert read(frontier, reading, line(0, sha256=B), key=2).renewed == 0
    assert not due(frontier, owner)
    (task,) = due(frontier, owner, AT + 60)
    assert json.loads(task.checks)["sha256"] == B
    assert read(frontier, reading, line(0, sha256=A), key=3).renewed == 0


def test_what_was_redirected_begins_anew_where_it_is_listed(frontier, owner, reading):
    read(frontier, reading, line(0, sha256=A), key=1)
    again = Again(AT, location="http://b/0")
    visited(frontier, owner, Kind.MISMATCH, again)
    visited(frontier, owner)
    read(frontier, reading, line(0, sha256=B), key=2)
    (task,) = due(frontier, owner)
    assert (task.location, task.host) == ("http://a/0", "a:80")


def test_a_list_that_lost_its_digests_makes_nothing_due_and_they_hold_on(frontier, owner, reading):
    read(frontier, reading, *(line(n, sha256=A, size=5) for n in range(9)), key=1)
    visited(frontier, owner, number=9)
    synced = read(frontier, reading, *(line(n) for n in range(9)), key=2)
    assert (synced.renewed, synced.unchecked) == (0, 9)
    assert not due(frontier, owner)
    for one in rows(frontier, Wanted()):
        assert json.loads(frontier.entry(SaidOf(one.id)).checks) == {"sha256": A, "size": 5}
    assert read(frontier, reading, *(line(n, sha256=B) for n in range(9)), key=3).renewed == 9


def test_a_retired_url_that_comes_back_with_another_digest_is_due(frontier, owner, reading):
    read(frontier, reading, line(0, sha256=A), line(1), key=1)
    visited(frontier, owner, number=2)
    read(frontier, reading, line(1), key=2)
    end_pass(frontier, reading, SourceState(reading.source, "read", 1, 0), AT)
    done(frontier, owner, Retire("job"), AT)
    one = frontier.begin_pass(owner, "job", "list")
    synced = read(frontier, one, line(0, sha256=B), line(1), key=3)
    assert (synced.revived, synced.renewed) == (1, 1)
    assert [task.url for task in due(frontier, owner)] == ["http://a/0"]
