"""One clock for all processes of a ledger, whatever is done to the wall clock of one of them."""

from dataclasses import replace

import pytest

from crawler.frontier import (
    AboutUrl,
    Amended,
    BringBack,
    FailuresOf,
    HostsOf,
    Rests,
    WaitsAt,
    Watched,
    changed,
)
from crawler.frontier.actions import RetryUrl
from crawler.frontier.clock import Clocks, boot, since_boot
from crawler.frontier.wishes import WakeHost
from crawler.model import DAY_S, Kind
from crawler.policy import course
from crawler.policy.course import DOUBT_S
from crawler.records import Again, Health, HostRecord, Rest, Robots
from tests.parts.frontiers import (
    NOW,
    beat,
    done,
    gone,
    join,
    move,
    one_task,
    seeds,
    settled,
    take,
)

EVERY_ENGINE = True

HOUR, YEARS = 3600.0, 315_360_000.0
LOOK_S = 5.0


@pytest.fixture(autouse=True)
def _made_up_times(monkeypatch):
    """The time of these tests is one that a wall clock may show."""
    monkeypatch.setattr(course, "OLDEST", -2 * YEARS)


class Crawler:
    """Two processes at one ledger; the wall clock of each may be set."""

    def __init__(self, one, other):
        self.up, self.skews = NOW, [0.0, 0.0]
        self.frontiers = (one, other)
        for frontier in self.frontiers:
            frontier.time = NOW
        self.owners = [join(one), join(other)]

    def pass_by(self, seconds):
        """Let time pass, with heartbeats of both."""
        for _ in range(round(seconds / LOOK_S)):
            self.up += LOOK_S
            for frontier, owner, skew in zip(self.frontiers, self.owners, self.skews, strict=True):
                frontier.time, frontier.skew = self.up, skew
                beat(frontier, owner, self.up, watched=Watched())

    def step_unheard(self, by):
        """Let the first process follow a step of which the other one does not hear."""
        one, first = self.frontiers[0], self.owners[0]
        for _ in range(2 + round(DOUBT_S / LOOK_S)):
            self.up += LOOK_S
            one.time, one.skew = self.up, by
            beat(one, first, self.up, watched=Watched())

    def differences(self):
        """By how much the time of each differs from what it would be if nobody set a clock."""
        return [frontier.now() - self.up for frontier in self.frontiers]


@pytest.fixture
def crawler(open_one):
    return Crawler(open_one(), open_one())


@pytest.mark.parametrize(
    "skews", [(0.0, HOUR), (-600.0, 0.0), (0.0, YEARS), (600.0, 0.0), (600.0, -600.0)]
)
def test_processes_agree_whatever_the_wall_clock_of_one_is(crawler, skews):
    crawler.skews = skews
    for _ in range(3):
        crawler.pass_by(DOUBT_S)
        assert crawler.differences() == [0.0, 0.0]


@pytest.mark.parametrize("step", [HOUR, YEARS])
def test_all_processes_follow_a_step_that_stands(crawler, step):
    crawler.skews = (step, step)
    crawler.pass_by(DOUBT_S - LOOK_S)
    assert crawler.differences() == [0.0, 0.0]
    crawler.pass_by(3 * LOOK_S)
    assert crawler.differences() == [step, step]
    crawler.skews = (0.0, 0.0)
    crawler.pass_by(DOUBT_S + 2 * LOOK_S)
    assert crawler.differences() == [0.0, 0.0]


def test_a_process_that_leases_hears_of_a_step(crawler):
    """Without a heartbeat of its own."""
    one, other = crawler.frontiers
    crawler.step_unheard(HOUR)
    other.time = crawler.up
    assert other.now() == crawler.up
    take(other, crawler.owners[1], crawler.up)
    assert other.now() == one.now() == crawler.up + HOUR


def test_the_clock_outlasts_the_processes_of_a_boot(engine, open_one):
    one = open_one()
    one.time = NOW
    join(one)
    with engine.frontier(skew=HOUR) as later:
        later.time = NOW + 60
        assert later.now() == NOW + 60
        assert join(later, NOW + 60)
        assert later.now() == NOW + 60
    clocks = Clocks(lambda: NOW + 60 + HOUR, lambda: NOW + 60, "made up")
    with engine.ledger(clocks=clocks) as ledger:
        assert ledger.now() == NOW + 60
    long_after = NOW + 2 * DOUBT_S
    clocks = Clocks(lambda: long_after + HOUR, lambda: long_after, "made up")
    with engine.ledger(clocks=clocks) as ledger:
        assert ledger.now() == long_after, "who only reads follows no step"


def test_another_boot_begins_with_its_wall_clock(engine, open_one):
    one = open_one()
    join(one)
    with engine.frontier(boot="another", skew=HOUR) as later:
        later.time = NOW
        join(later, NOW)
        assert later.now() == NOW + HOUR


def rests_of(frontier, owner, now):
    """What is told of the only host that is leased now."""
    (host,) = take(frontier, owner, now).values()
    return host


@pytest.mark.parametrize("step", [HOUR, YEARS, -HOUR])
def test_what_a_host_is_owed_ends_when_it_would_have_ended_without_the_step(crawler, step):
    """The host is free while the clock is set, and another process leases it."""
    (one, other), (first, second) = crawler.frontiers, crawler.owners
    one.add("job", seeds("a"), NOW)
    task = one_task(one, first)
    end, ip = NOW + 30 * HOUR, "192.0.2.7"
    assert move(one, first, [HostRecord(task.host_id, NOW, address=ip)]) == frozenset()
    owed = HostRecord(
        task.host_id, NOW + 2, address=ip, address_rests=((ip, NOW + 1),),
        health=Health(failures=7, failing_since=NOW - 5, refused_since=NOW - 7),
        rest=Rest(NOW + 1, end, end + 1, end + 2),
    )  # fmt: skip
    one.settle(first, [settled(task, Kind.TIMEOUT, Again(NOW + 2))], [owed])
    one.leave(first, [owed], NOW)
    crawler.owners = [join(one), second]
    crawler.skews = (step, step)
    crawler.pass_by(DOUBT_S + 2 * LOOK_S)
    assert crawler.differences() == [step, step]
    done(other, second, BringBack(), crawler.up)
    leased = rests_of(other, second, crawler.up + 2 * HOUR)
    asked = leased.rest
    assert (asked.failed_until, asked.put_off_until, asked.turn_at) == (
        end + step, end + 1 + step, end + 2 + step
    )  # fmt: skip
    assert asked.answered_at == leased.address_answered_at == NOW + 1 + step
    health = leased.health
    assert (health.failing_since, health.refused_since) == (NOW - 5 + step, NOW - 7 + step)
    assert other.frontier._clock.stepped == step


def test_a_process_that_has_not_heard_of_a_step_records_what_it_means(crawler):
    """It goes by the frontier's time of before the step, and so do the times that it records."""
    (one, other), (first, second) = crawler.frontiers, crawler.owners
    other.add("job", seeds("a"), NOW)
    task = one_task(other, second)
    crawler.step_unheard(HOUR)
    other.time = crawler.up
    end = other.now() + 100
    owed = HostRecord(task.host_id, end, rest=Rest(put_off_until=end))
    other.settle(second, [settled(task, Kind.TIMEOUT, Again(end))], [owed])
    other.leave(second, [owed], crawler.up)
    leased = rests_of(one, first, crawler.up)
    assert leased.rest.put_off_until == one.now() + 100


def test_the_boot_has_a_name_and_a_clock():
    assert boot() == boot() != ""
    assert 0 < since_boot() <= since_boot()


def stepped(crawler, by=HOUR):
    """Let both processes follow a step."""
    crawler.skews = (by, by)
    crawler.pass_by(DOUBT_S + 2 * LOOK_S)
    assert crawler.differences() == [by, by]


def test_a_host_whose_owner_died_rests_from_then_after_a_step_too(crawler):
    (one, other), (_, second) = crawler.frontiers, crawler.owners
    one.add("job", seeds("a"), NOW)
    stepped(crawler)
    first, ip = join(one, crawler.up, gone()), "192.0.2.7"
    task = one_task(one, first, crawler.up)
    assert move(one, first, [HostRecord(task.host_id, 0.0, address=ip)], crawler.up) == frozenset()
    assert beat(other, second, crawler.up).reclaimed
    leased = rests_of(other, second, crawler.up + 2 * HOUR)
    assert leased.rest.answered_at == leased.address_answered_at == crawler.up + HOUR


def test_the_desk_tells_what_hosts_are_owed_by_the_time_after_a_step(crawler):
    one, first = crawler.frontiers[0], crawler.owners[0]
    one.add("job", seeds("a"), NOW)
    task = one_task(one, first)
    owed = HostRecord(
        task.host_id, NOW + 2, rest=Rest(NOW, NOW + 700, NOW + 800),
        health=Health(failures=7, silent=True, failing_since=NOW - 5, well_at=NOW - 9),
    )  # fmt: skip
    one.settle(first, [settled(task, Kind.TIMEOUT, Again(NOW + 2))], [owed])
    one.leave(first, [owed], NOW)
    crawler.owners[0] = join(one)
    stepped(crawler)
    now = one.now()
    (url,) = one.entry(AboutUrl(task.url))
    host = url.host
    assert (host.failed_until, host.put_off_until, host.answered_at) == (
        NOW + 700 + HOUR, NOW + 800 + HOUR, NOW + HOUR
    )  # fmt: skip
    assert (host.failing_since, host.well_at) == (NOW - 5 + HOUR, NOW - 9 + HOUR)
    assert now < host.failed_until, "it rests"
    (line,) = one.entry(HostsOf("resting", "rests", now)).rows
    assert line.state == host
    (waiting,) = one.entry(WaitsAt([task.host_id], now))
    assert (waiting.put_off_until, waiting.failing_since) == (NOW + 800 + HOUR, NOW - 5 + HOUR)
    assert one.sums(give_up=now - NOW - HOUR + 6).hosts.counts.given_up == 0
    assert one.sums(give_up=now - NOW - HOUR + 4).hosts.counts.given_up == 1


def left(frontier, owner, task, *, due_in=2.0, **owed):
    """Let a visit fail and its host go, with what it is owed; times are the frontier's."""
    now = frontier.now()
    record = HostRecord(task.host_id, now + 2, **owed)
    frontier.settle(owner, [settled(task, Kind.TIMEOUT, Again(now + due_in), now)], [record])
    frontier.lease(owner, new=0, refills={}, idle=[record])


def state_of(frontier, task):
    (url,) = frontier.entry(AboutUrl(task.url))
    return url.host


def test_a_host_that_rests_for_its_turn_is_found_after_a_step_too(crawler):
    (one, other), (first, second) = crawler.frontiers, crawler.owners
    one.add("job", seeds("a"), NOW)
    turn_at = NOW + DOUBT_S + HOUR / 2
    task = one_task(one, first)
    left(one, first, task, rest=Rest(NOW, turn_at=turn_at))
    stepped(crawler)
    assert turn_at < crawler.up + HOUR < turn_at + HOUR
    (found,) = (host for hosts in done(other, second, Rests(), crawler.up) for host in hosts)
    assert found.rest.turn_at == turn_at + HOUR
    owed = HostRecord(found.id, crawler.up + 5, rest=replace(found.rest, failed_until=crawler.up))
    other.tidy(second, Rests([Amended(found, owed)]), crawler.up, found.id)
    host = state_of(other, task)
    assert (host.next_at, host.failed_until, host.turn_at) == (
        crawler.up + 5, crawler.up, turn_at + HOUR
    )  # fmt: skip


def test_the_desk_knows_after_a_step_which_hosts_rest_for_failures_and_crawl_delays(crawler):
    one, first = crawler.frontiers[0], crawler.owners[0]
    one.add("job", seeds("a"), NOW)
    task = one_task(one, first)
    rules = Robots("http://a:80", b"", 200, NOW, NOW + DAY_S, NOW + DAY_S, crawl_delay=900.0)
    read = replace(settled(task, Kind.STORED, Again(NOW)), robots=rules)
    one.settle(first, [read], [])
    (host,) = take(one, first, new=0, refills={task.host_id: 1}).values()
    left(one, first, host.tasks[0], rest=Rest(NOW, NOW + 700))
    stepped(crawler)
    for choice in ("failing", "resting"):
        assert len(one.entry(HostsOf(choice, "rests", one.now())).rows) == 1
    (waiting,) = one.entry(WaitsAt([task.host_id], one.now()))
    assert waiting.next_at == NOW + 900 + HOUR
    crawler.pass_by(200.0)
    for choice in ("failing", "resting"):
        assert len(one.entry(HostsOf(choice, "rests", one.now())).rows) == 0


@pytest.mark.parametrize("held", [False, True], ids=["free", "held"])
def test_a_host_that_is_woken_after_a_step_rests_as_it_asked_itself(crawler, held):
    (one, other), (first, _) = crawler.frontiers, crawler.owners
    one.add("job", seeds("a"), NOW)
    stepped(crawler)
    task, now = one_task(one, first, crawler.up), one.now()
    owed = {
        "health": Health(failures=7, backoff=HOUR, failing_since=NOW),
        "rest": Rest(now, now + HOUR, now + 100),
    }
    if held:
        changed(other, WakeHost("a", force=False))
    record = HostRecord(task.host_id, now + HOUR, **owed)
    one.settle(first, [settled(task, Kind.TIMEOUT, Again(now), now)], [record])
    if not held:
        one.lease(first, new=0, refills={}, idle=[record])
        changed(other, WakeHost("a", force=False))
    woken = state_of(other, task)
    assert (woken.next_at, woken.failing_since) == (now + 100, None)


def test_a_host_that_was_given_up_begins_anew_from_now_after_a_step_too(crawler):
    (one, other), (first, _) = crawler.frontiers, crawler.owners
    one.add("job", seeds("a"), NOW)
    task = one_task(one, first)
    health = Health(failures=9, silent=True, failing_since=NOW - 5)
    left(one, first, task, due_in=30 * HOUR, health=health)
    stepped(crawler)
    changed(other, RetryUrl(task.url))
    assert state_of(other, task).failing_since == other.now() == crawler.up + HOUR


def test_what_failed_before_a_step_is_so_long_ago_as_if_there_was_none(crawler):
    """So that it stands beside what a host is owed: whether it failed since it was well."""
    (one, other), (first, second) = crawler.frontiers, crawler.owners
    for key, well_at in (("a", NOW - 9), ("b", NOW + 1)):
        one.add("job", seeds(key), NOW)
        health = Health(failing_since=NOW - 5, well_at=well_at)
        left(one, first, one_task(one, first), due_in=99 * DAY_S * (key == "b"), health=health)
    step = 8 * DAY_S
    stepped(crawler, step)
    found = {each.host: each for each in other.entry(FailuresOf(NOW + step)).rows}
    assert {(each.first_at, each.last_at) for each in found.values()} == {(NOW + step,) * 2}
    assert {each.failing_since for each in found.values()} == {NOW - 5 + step}
    assert {key: each.well_at > each.last_at for key, each in found.items()} == {
        "a:80": False, "b:80": True
    }  # fmt: skip
    assert other.entry(FailuresOf(NOW + step + 1)).rows == []
    assert other.entry(FailuresOf(NOW + step + 1, "a")).rows == []
    assert other.entry(FailuresOf(NOW + step, limit=1)).more == 1
    left(other, second, one_task(other, second, crawler.up))
    (again,) = other.entry(FailuresOf(other.now())).rows
    assert (again.first_at, again.last_at, again.times) == (NOW + step, other.now(), 2)
    assert len(other.entry(FailuresOf(0.0)).rows) == 2, "nothing was forgotten"
