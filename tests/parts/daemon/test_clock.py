"""A wall clock that was ahead: each step is told once, and nothing waits for what is over."""

from dataclasses import replace

import pytest

from crawler.config import Job
from crawler.daemon.clock import ClockWatch
from crawler.frontier import Beat, BringBack, RobotsOf
from crawler.model import DAY_S, Kind
from crawler.policy import course
from crawler.policy.course import Course
from crawler.records import Again, Dead, Done, JobTerms, Robots
from crawler.seeder.rescheduling import Rescheduler
from crawler.threads import Native
from crawler.urls import origin_of
from tests.parts.frontiers import NOW, beat, done, join, seed, seeds, settled, take

YEARS = 10 * 365 * DAY_S


def reschedule(frontier, job):
    owner = join(frontier)
    with Native(1) as native:
        fits = Rescheduler(frontier, owner, native, lambda: None)
        fits.ask([job])
        fits.wait(job.name)
    frontier.leave(owner, [], NOW)


class Told:
    """What a watch tells of the courses of heartbeats."""

    def __init__(self, first=None, stepped=None):
        self.told, self.words = [], []
        back = lambda: self.told.append("went back")  # noqa: E731
        self.watch = ClockWatch(self, back, self.words.append, stepped)
        self.course = first or Course("boot", NOW, NOW, stepped=60.0)
        self.beat()

    def warning(self, event, **fields):
        self.told.append((event, *fields.values()))

    def beat(self, **changed):
        self.course = replace(self.course, **changed)
        self.watch.look(Beat(course=self.course))


@pytest.mark.parametrize("step", [3600.0, -3600.0, YEARS, -YEARS])
def test_a_step_of_the_clock_is_told_once(step):
    told = Told()
    for _ in range(2):
        told.beat(offset=NOW + step, stepped=60.0 + step, ahead=step < 0)
    assert told.told == [("clock.moved", step), *["went back"] * (step < 0)]
    (words,) = told.words
    assert words.startswith(f"the clock was moved by {step:+,.1f} s at ")


def test_a_step_that_came_while_nobody_looked_is_told_by_the_process_that_comes():
    told = Told(Course("boot", NOW, NOW, stepped=3660.0), stepped=60.0)
    told.beat()
    assert told.told == [("clock.moved", 3600.0)]


def test_a_clock_that_differs_is_told_once_each_time():
    told = Told()
    for differs in (3600.0, 3600.5, -60.0, -60.0):
        told.beat(doubted=NOW + differs)
    told.beat(doubted=None)
    told.beat(doubted=NOW - 60.0)
    expected = [("clock.doubted", differs, 600.0) for differs in (3600.0, -60.0, -60.0)]
    assert told.told == expected


def test_a_clock_that_is_drawn_to_the_right_time_is_not_told():
    told = Told()
    for _ in range(100):
        told.beat(offset=told.course.offset + 0.01)
    assert told.told == []


def test_what_another_process_has_left_in_the_future_is_brought_back_at_the_start():
    assert Told(Course("boot", NOW, NOW, ahead=True)).told == ["went back"]


def test_a_clock_that_went_back_is_noted_until_all_was_brought_back(frontier, monkeypatch):
    monkeypatch.setattr(course, "OLDEST", 0.0)
    monkeypatch.setattr(course, "DOUBT_S", 0.0)
    owner = join(frontier)
    frontier.skew = -3600.0
    for _ in range(2):
        assert beat(frontier, owner, NOW).course.ahead
    assert frontier.now() == NOW - 3600.0
    done(frontier, owner, BringBack())
    assert not beat(frontier, owner, NOW).course.ahead


@pytest.mark.parametrize("ahead", [3600.0, YEARS])
def test_what_a_clock_that_was_ahead_has_put_off_is_due_as_if_it_never_was(frontier, ahead):
    then = NOW + ahead
    frontier.add("job", seeds("a", "b", "c"), then)
    owner = join(frontier, then)
    hosts = take(frontier, owner, then, new=2)
    (again, _), (later, _) = [(host.tasks[0], host) for host in hosts.values()]
    frontier.settle(owner, [
        settled(again, Kind.TIMEOUT, Again(then + 30), then),
        settled(later, Kind.STORED, Done(next_at=then + 600), then),
    ], [])  # fmt: skip
    frontier.leave(owner, [], then)
    owner = join(frontier)
    assert take(frontier, owner, NOW + 900) == {}, "all waits for the time that was"
    done(frontier, owner, BringBack())
    found = {}
    for now in (NOW, NOW + 30, NOW + 600):
        found |= {host.tasks[0].url: now for host in take(frontier, owner, now).values()}
    assert found == {"http://c/0": NOW, again.url: NOW + 30, later.url: NOW + 600}


def test_what_ended_by_a_clock_that_was_ahead_has_its_time_from_the_schedule_anew(frontier):
    """By that clock the schedule was over, so that nothing was to come."""
    then = NOW + YEARS
    job = Job(name="job", urls=("http://a/",), schedule={"every": "1h", "until": "2030-01-01"})
    frontier.configure([JobTerms("job")], NOW)
    reschedule(frontier, job)
    frontier.add("job", seeds("a", "b"), NOW)
    owner = join(frontier, then)
    tasks = [host.tasks[0] for host in take(frontier, owner, then).values()]
    ends = [(Kind.STORED, Done()), (Kind.NOT_FOUND, Dead("no"))]
    frontier.settle(
        owner,
        [settled(task, *end, then) for task, end in zip(tasks, ends, strict=True)],
        [],
    )
    frontier.leave(owner, [], then)
    reschedule(frontier, job)
    assert frontier.sums().counts.waiting == 0, "no reload heals that"
    done(frontier, join(frontier), BringBack())
    reschedule(frontier, job)
    owner = join(frontier)
    assert take(frontier, owner, NOW + 3599) == {}
    assert len(take(frontier, owner, NOW + 3600)) == 2


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("ahead", [3600.0, YEARS])
def test_the_rules_that_a_clock_which_was_ahead_fetched_hold_for_a_day_from_now(
    frontier, ahead, scheme
):
    then = NOW + ahead
    frontier.configure([JobTerms("job", obeys=True)], NOW)
    frontier.add("job", [seed(f"{scheme}://a/0")], then)
    owner = join(frontier, then)
    (task,) = [host.tasks[0] for host in take(frontier, owner, then).values()]
    origin = origin_of(task.url)
    record = Robots(origin, b"x", 200, then, then + DAY_S, then + 2 * DAY_S, then, 3)
    frontier.settle(owner, [replace(settled(task, Kind.STORED, Done(), then), robots=record)], [])
    frontier.leave(owner, [], then)
    done(frontier, join(frontier), BringBack())
    day = NOW + DAY_S
    assert frontier.entry(RobotsOf(origin)) == Robots(origin, b"x", 200, NOW, day, day, NOW, 3)


def test_a_process_asks_anew_for_rules_that_were_brought_back(frontier):
    """Else its copy of them would hold for as long as the clock was ahead."""
    frontier.configure([JobTerms("job", obeys=True)], NOW)
    frontier.add("job", seeds("a", each=2), NOW)
    owner = join(frontier)
    (host,) = take(frontier, owner).values()
    until = NOW + YEARS
    record = Robots("http://a:80", b"x", 200, until, until, until)
    known = replace(settled(host.tasks[0], Kind.STORED, Done(), NOW), robots=record)
    frontier.settle(owner, [known], [])
    (before,) = take(frontier, owner, new=0, refills={host.id: 1})["a:80"].tasks
    done(frontier, owner, BringBack())
    (after,) = take(frontier, owner, new=0, refills={host.id: 1})["a:80"].tasks
    assert after.rules_version > before.rules_version


def test_what_is_put_off_by_the_clock_of_today_stays(frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    task = take(frontier, owner)["a:80"].tasks[0]
    frontier.settle(owner, [settled(task, Kind.TIMEOUT, Again(NOW + 30))], [])
    frontier.leave(owner, [], NOW)
    owner = join(frontier)
    done(frontier, owner, BringBack(), NOW + 1)
    assert take(frontier, owner, NOW + 29) == {}
    assert take(frontier, owner, NOW + 30)
