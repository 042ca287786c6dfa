"""Failures by host and cause: who counts them, how often, and for how long they are kept."""

from crawler.frontier import FailuresOf
from crawler.frontier.sql.rows.failures import KEPT_S
from crawler.model import Kind
from crawler.records import Again, Dead, Done, HostRecord
from tests.parts.frontiers import NOW, join, seeds, settled, take
from tests.parts.ledgers import DAY, execute


def failures(frontier, since=0.0, host=None, limit=50):
    found = frontier.entry(FailuresOf(since, host, limit))
    return [(one.host, one.cause, one.times) for one in found.rows]


def visit(frontier, owner, kind, verdict, at=NOW, **more):
    """Visit what is due of all hosts, and end it alike; return the settlements."""
    hosts = take(frontier, owner, at).values()
    tasks = [task for host in hosts for task in host.tasks]
    ends = [settled(task, kind, verdict, at, **more) for task in tasks]
    frontier.settle(owner, ends, [])
    frontier.lease(owner, at, new=0, refills={}, idle=[HostRecord(host.id, 0.0) for host in hosts])
    return ends


def test_failures_are_counted_by_host_and_cause_and_only_once(frontier):
    frontier.add("job", seeds("a", "b", each=2), NOW)
    owner = join(frontier)
    ends = visit(frontier, owner, Kind.CONNECT, Again(NOW + 9), reason="Connection refused")
    frontier.settle(owner, ends, [])
    assert sorted(failures(frontier)) == [
        ("a:80", "connect refused", 2), ("b:80", "connect refused", 2)
    ]  # fmt: skip
    (one, *_) = frontier.entry(FailuresOf(0.0, "a")).rows
    assert (one.first_at, one.last_at, one.reason) == (NOW, NOW, "Connection refused")
    assert one.url.startswith("http://a/")


def test_the_newest_failure_is_the_first_and_the_others_are_counted(frontier):
    owner = join(frontier)
    for number, host in enumerate("abc"):
        frontier.add("job", seeds(host), NOW)
        visit(frontier, owner, Kind.TIMEOUT, Dead("late"), NOW + number)
    assert [host for host, *_ in failures(frontier)] == ["c:80", "b:80", "a:80"]
    found = frontier.entry(FailuresOf(NOW + 1, limit=1))
    assert ([one.host for one in found.rows], found.more) == (["c:80"], 1)


def test_a_visit_that_is_well_writes_nothing_of_it(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    read = []
    within, db = frontier._file._native.call, frontier._file.db
    within(db.set_trace_callback, read.append)
    visit(frontier, owner, Kind.STORED, Done(), path="a", digest="ab" * 32, size=1)
    within(db.set_trace_callback, None)
    assert execute(file, "SELECT count(*) FROM failure") == [(0,)]
    assert not [one for one in read if "INTO temp.failed" in one or "call_note_failures" in one]


def test_a_cause_is_counted_anew_after_a_day_without_it(frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    for at, times in ((NOW, 1), (NOW + DAY / 2, 2), (NOW + 2 * DAY, 1)):
        visit(frontier, owner, Kind.TIMEOUT, Again(at + 9), at)
        assert failures(frontier) == [("a:80", "timeout", times)]
        (one,) = frontier.entry(FailuresOf(0.0)).rows
        assert (one.first_at, one.last_at) == (at if times == 1 else NOW, at)


def test_what_failed_long_ago_is_forgotten_as_others_fail(frontier):
    owner = join(frontier)
    for host, at in (("a", NOW), ("b", NOW + DAY), ("c", NOW + KEPT_S + 9)):
        frontier.add("job", seeds(host), NOW)
        visit(frontier, owner, Kind.TIMEOUT, Dead("late"), at)
    assert [host for host, *_ in failures(frontier)] == ["c:80", "b:80"]
