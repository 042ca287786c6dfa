"""One worker and what it does with its task: the visit is made, refused before, or handed back."""

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from gevent.queue import Queue

from crawler.config import Job
from crawler.errors import LeaseLostError, LocalFaultError
from crawler.model import Fetched, Kind, Outcome, Task, Trouble, Visited
from crawler.policy.outcome import MAX_REASON
from crawler.worker.visit import Visits
from crawler.worker.worker import SURPLUS, Worker

JOB = Job(name="j", urls=("http://site.example/",))
TASK = Task(1, "j", "http://site.example/", "http://site.example/", "site.example:80", 1, 1, 1)
MADE = Visited(TASK, Outcome(Kind.STORED, 200), 0.0)


def worked(end, *, leave=lambda: False):
    """Have a worker take one task; return its end, the tasks it visited and what it delivered."""
    handoff, made, delivered = Queue(), [], []
    handoff.put(TASK)
    handoff.shutdown()
    visits = SimpleNamespace(
        timeout=lambda _: 1.0,
        visit=lambda task, _: made.append(task) or end,
    )
    return Worker(handoff, visits, deliver=delivered.append, leave=leave).run(), made, delivered


def test_the_end_of_a_visit_is_delivered():
    assert worked(MADE) == (None, [TASK], [MADE])


def test_a_visit_that_is_handed_back_is_not_delivered():
    assert worked(None) == (None, [TASK], [])


def test_a_worker_of_a_pool_that_has_too_many_takes_no_task():
    assert worked(MADE, leave=lambda: True) == (SURPLUS, [], [])


def test_a_task_of_a_job_that_is_not_known_is_no_secret_of_the_worker_that_died():
    """The pool settles the task that a dead worker names; one that it hides is lost."""
    handoff = Queue()
    handoff.put(TASK)
    worker = Worker(handoff, Visits({}, None, 1, Heard()), deliver=lambda _: None)
    with pytest.raises(KeyError):
        worker.run()
    assert worker.task is TASK


class Heard:
    """A log that keeps its events."""

    def __init__(self):
        self.events = []

    def error(self, event, **_):
        self.events.append(event)


def visited(ends, **options):
    """Make a visit whose exchange ends with an exception; return its end and what was logged."""
    log = Heard()

    def fetch(task, job, *, part, deadline, had):
        if isinstance(ends, BaseException):
            raise ends
        return ends

    visits = Visits({"j": JOB}, fetch, 1, log, **options)
    return visits.visit(TASK, time.monotonic() + 1.0), log.events


@pytest.mark.parametrize(
    ("error", "kind", "reason", "ours", "events"),
    [
        (Trouble(Kind.DNS, "no such name"), Kind.DNS, "no such name", False, []),
        (Trouble(Kind.LOCAL_IO, "full", ours=True), Kind.LOCAL_IO, "full", True, []),
        (LocalFaultError("no disk"), Kind.LOCAL_IO, "no disk", True, []),
        (KeyError("x"), Kind.BUG, "KeyError: 'x'", False, ["visit.bug"]),
        (SystemExit(7), Kind.BUG, "SystemExit: 7", False, ["visit.bug"]),
    ],
)
def test_whatever_ends_an_exchange_becomes_the_outcome_of_its_visit(
    error, kind, reason, ours, events
):
    end, logged = visited(error)
    outcome = end.outcome
    assert (outcome.kind, outcome.reason, outcome.ours) == (kind, reason, ours)
    assert logged == events


def test_a_long_reason_is_cut():
    end, _ = visited(Trouble(Kind.PROTOCOL, "x" * 1000))
    assert len(end.outcome.reason) == MAX_REASON


def test_a_lost_lease_ends_the_process_and_not_the_visit():
    with pytest.raises(LeaseLostError):
        visited(LeaseLostError("taken for dead"))


def test_a_visit_describes_the_answer():
    end, _ = visited(Fetched(200, {}, 7.0, b"x", size=1, digest="ab"))
    assert (end.outcome.kind, end.outcome.digest, end.content) == (Kind.STORED, "ab", b"x")
    assert end.answered_at == 7.0


@pytest.mark.parametrize(
    ("objection", "begun", "ends"),
    [
        (None, True, Kind.STORED),
        (None, False, None),
        (Outcome(Kind.ROBOTS), True, Kind.ROBOTS),
        (Outcome(Kind.ROBOTS), False, Kind.ROBOTS),
    ],
)
def test_a_visit_is_made_handed_back_or_refused(objection, begun, ends):
    answer = Fetched(200, {}, 7.0, b"x", size=1, digest="ab")
    end, _ = visited(answer, objection=lambda _: objection, begun=lambda _: begun)
    assert (end and end.outcome.kind) is ends


def test_what_is_there_of_a_body_is_looked_at_before_its_host_is_charged_with_a_request():
    """A big part takes its time: meanwhile others would be asked for, and this one beside them."""
    steps = []
    fresh = replace(TASK, path="fresh")
    visits = Visits(
        {"j": JOB},
        lambda task, _, *, had, **__: steps.append((task, had)),
        1,
        Heard(),
        fresh=lambda task: steps.append(task) or (fresh, "had"),
        begun=lambda task: steps.append(task) or True,
    )
    visits.visit(TASK, time.monotonic() + 1.0)
    assert steps == [TASK, fresh, (fresh, "had")]


def test_the_time_that_a_visit_waits_to_begin_is_none_of_its_host():
    def begun(_):
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            pass
        return True

    end, _ = visited(Trouble(Kind.CONNECT, "refused"), begun=begun)
    assert end.outcome.elapsed < 0.1
