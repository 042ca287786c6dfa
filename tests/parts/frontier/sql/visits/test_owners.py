"""The contract of a frontier: what happens to what an owner held that stopped, stalled or died."""

import subprocess
import sys

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier import LEASE_S, MAX_CRASHES, process
from crawler.frontier.process import current
from crawler.frontier.values import STALLED_FACTOR
from crawler.model import DAY_S, Kind, Outcome
from crawler.records import Done, Health, HostRecord, JobTerms, Settlement
from tests.parts.desk import times_listed, unfinished
from tests.parts.frontiers import (
    LATER,
    NOW,
    beat,
    gone,
    join,
    move,
    reclaim,
    seed,
    seeds,
    settled,
    take,
)


def test_what_is_released_keeps_its_attempts_and_the_owner_is_no_more(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a", "b", each=2), NOW)
    held = [task for host in take(frontier, owner).values() for task in host.tasks]
    a = held[0].host_id
    assert len(frontier.leave(owner, [HostRecord(a, NOW + 5)], NOW)) == 4
    assert frontier.sums().counts.leased == 0
    with pytest.raises(LeaseLostError):
        beat(frontier, owner, NOW)
    again = take(frontier, join(frontier), NOW)
    assert list(again) == ["b:80"]
    assert {task.attempt for task in again["b:80"].tasks} == {1}


def test_a_guest_is_no_process_that_visits_and_takes_no_share_of_the_hosts(frontier):
    frontier.add("job", seeds("a", "b", "c", "d"), NOW)
    guest = frontier.join(current(), NOW, guest=True).owner
    owner = join(frontier)
    assert [one.owner for one in frontier.sums().members] == [owner]
    assert len(take(frontier, owner)) == 4
    reclaim(frontier, NOW + LEASE_S * STALLED_FACTOR + 1)
    with pytest.raises(LeaseLostError):
        beat(frontier, guest, NOW + LATER)


def test_a_number_of_an_owner_is_never_used_again(frontier):
    first = join(frontier)
    frontier.leave(first, [], NOW)
    assert join(frontier) != first


def test_an_owner_that_was_reclaimed_changes_nothing_any_more(open_one):
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other, NOW + LEASE_S)
    one.add("job", seeds("a", "b"), NOW)
    host = take(one, mine, new=1)["a:80"]
    now = NOW + LEASE_S + 1
    assert [lost.owner for lost in reclaim(other, now, "another machine")] == [mine]
    (task,) = take(other, theirs, now, new=1)["b:80"].tasks
    before = (other.sums().counts, times_listed(other), unfinished(other))
    result = settled(host.tasks[0], Kind.STORED, Done(), path="stolen")
    for verb in (
        lambda: one.settle(mine, [result], [HostRecord(host.id, NOW + LATER)]),
        lambda: one.lease(mine, now, new=9, refills={host.id: 9}, idle=[]),
        lambda: beat(one, mine, now),
        lambda: move(one, mine, [HostRecord(host.id, NOW, address="192.0.2.1")], now),
        lambda: one.claim([(host.tasks[0].id, "x", "y")], mine),
    ):
        with pytest.raises(LeaseLostError, match="took this one for dead"):
            verb()
    assert (other.sums().counts, times_listed(other), unfinished(other)) == before
    assert other.claim([(task.id, "x", "y")], theirs) == ["x"]
    assert one.leave(mine, [HostRecord(host.id, NOW + LATER)], NOW) == []
    assert take(other, theirs, now + 1)["a:80"].delay == 0.0
    assert task.attempt == 1


def test_a_lease_that_is_renewed_does_not_run_out(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    take(frontier, owner)
    beat(frontier, owner, NOW + LEASE_S)
    assert reclaim(frontier, NOW + 2 * LEASE_S, "another machine") == []
    beat(frontier, owner, NOW)  # the wall clock was set back
    assert reclaim(frontier, NOW + 2 * LEASE_S, "another machine") == []
    assert len(reclaim(frontier, NOW + 2 * LEASE_S + 1, "another machine")) == 1


def test_a_living_process_is_not_reclaimed_and_an_ended_one_at_once(frontier):
    machine = current().machine
    frontier.add("job", seeds("a", "b"), NOW)
    alive, dead = join(frontier), frontier.join(gone(), NOW).owner
    take(frontier, alive, new=1)
    take(frontier, dead, new=1)
    assert reclaim(frontier, NOW, "another machine") == []
    (lost,) = reclaim(frontier, NOW, machine)
    assert (lost.owner, lost.died, lost.task.attempt) == (dead, False, 1)
    assert reclaim(frontier, NOW, machine) == []
    assert frontier.sums().counts.leased == 1


def test_a_killed_process_is_reclaimed(open_one, tmp_path):
    frontier = open_one()
    frontier.add("job", seeds("a"), NOW)
    script = f"""
import crawler, pathlib, sys
from crawler.frontier import process
from tests.parts.frontiers import Timed
with Timed(pathlib.Path({str(tmp_path / "state.sqlite")!r}), durable=False) as frontier:
    owner = frontier.join(process.current(), {NOW}).owner
    frontier.lease(owner, {NOW}, new=1, refills={{}}, idle=[])
    print(owner, flush=True)
    sys.stdin.read()
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as child:
        owner = int(child.stdout.readline())
        assert reclaim(frontier, NOW, current().machine) == []
        child.kill()
    (lost,) = reclaim(frontier, NOW, current().machine)
    assert (lost.owner, lost.died) == (owner, False)


def test_a_host_that_was_reclaimed_rests_a_whole_delay(frontier):
    frontier.configure([JobTerms("job", delay=20.0)], NOW)
    frontier.add("job", seeds("a"), NOW)
    take(frontier, frontier.join(gone(), NOW).owner)
    reclaim(frontier, NOW + 5, current().machine)
    owner = join(frontier, NOW + 5)
    assert take(frontier, owner, NOW + 24.9) == {}
    assert take(frontier, owner, NOW + 25)["a:80"].tasks[0].attempt == 2


@pytest.mark.parametrize(("days", "spent"), [(0, 9), (1, 2)])
def test_what_was_in_flight_at_a_crash_counts_as_visited_on_that_day(frontier, days, spent):
    frontier.add("job", seeds("a", each=5), NOW)
    owner, today = frontier.join(gone(), NOW).owner, int(NOW // DAY_S)
    (host,) = take(frontier, owner).values()
    rest = HostRecord(host.id, NOW, health=Health(spent=7, day=today))
    frontier.settle(owner, [], [rest])
    now = NOW + days * DAY_S
    assert len(reclaim(frontier, now, current().machine)) == len(host.tasks) == 2
    health = take(frontier, join(frontier, now), now)["a:80"].health
    assert (health.spent, health.day) == (spent, today + days)


def test_a_url_that_kills_the_process_dies_in_the_end(frontier):
    frontier.add("job", seeds("a"), NOW)
    now = NOW
    for crash in range(1, MAX_CRASHES + 1):
        now += LATER
        (host,) = take(frontier, frontier.join(gone(), now).owner, now).values()
        assert host.tasks[0].attempt == crash
        (lost,) = reclaim(frontier, now, current().machine)
        assert lost.died == (crash == MAX_CRASHES)
    assert frontier.sums().counts.finished == {"bug": 1}
    assert frontier.sums().counts.waiting == 0
    assert take(frontier, join(frontier), now + LATER) == {}


@pytest.mark.parametrize(
    ("kind", "crashes", "forgotten"),
    [
        (Kind.STORED, 3 * MAX_CRASHES, True),
        (Kind.UNCHANGED, 3 * MAX_CRASHES, True),
        (Kind.NOT_FOUND, 3 * MAX_CRASHES, True),
        (Kind.TIMEOUT, MAX_CRASHES, False),
        (Kind.LOCAL_IO, MAX_CRASHES, False),
    ],
)
def test_a_visit_that_ends_well_clears_its_url_of_suspicion(frontier, kind, crashes, forgotten):
    frontier.add("job", seeds("a"), NOW)
    now, died = NOW, False
    for _ in range(crashes):
        now += LATER
        take(frontier, frontier.join(gone(), now).owner, now)
        (lost,) = reclaim(frontier, now, current().machine)
        died = died or lost.died
        if not died:
            now += LATER
            owner = join(frontier, now)
            (task,) = take(frontier, owner, now)["a:80"].tasks
            end = Settlement(task, Outcome(kind), Done(next_at=now + 1), now)
            frontier.settle(owner, [end], [])
            frontier.leave(owner, [], now)
    assert died is not forgotten


def test_the_suspects_of_a_second_crash_come_back_at_times_of_their_own(frontier):
    frontier.add("job", seeds(*"abcdefgh"), NOW)
    for now in (NOW, NOW + 1):
        assert len(take(frontier, frontier.join(gone(), now).owner, now)) == 8
        reclaim(frontier, now, current().machine)
    owner = join(frontier)
    assert len(take(frontier, owner, NOW + 1)) <= 1
    assert len(take(frontier, owner, NOW + 3.1)) >= 7


def test_a_kill_in_the_middle_of_adding_loses_no_batch_that_was_acknowledged(open_one, tmp_path):
    script = f"""
import crawler, itertools, pathlib
from tests.parts.frontiers import Timed
from crawler.records import Seed
from crawler.urls import fingerprint
with Timed(pathlib.Path({str(tmp_path / "state.sqlite")!r}), durable=False) as frontier:
    for batch in itertools.count():
        urls = [f"http://h{{batch % 7}}/{{batch}}/{{number}}" for number in range(100)]
        seeds = [Seed(fingerprint("job", url), url, f"h{{batch % 7}}:80") for url in urls]
        frontier.add("job", seeds, {NOW})
        print(batch, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        told = [child.stdout.readline() for _ in range(20)]
        child.kill()
        told += child.stdout.readlines()
    acknowledged = len([line for line in told if line.endswith(b"\n")])
    frontier = open_one()
    known = frontier.sums().counts.known
    assert known >= 100 * acknowledged >= 2000
    assert known % 100 == 0
    assert len(unfinished(frontier)) == known
    again = [seed(f"http://h{batch % 7}/{batch}/7") for batch in range(acknowledged)]
    assert frontier.add("job", again, NOW) == 0


def test_a_process_is_told_alive_or_gone_also_where_there_is_no_proc(monkeypatch, tmp_path):
    monkeypatch.setattr(process, "PROC", tmp_path / "proc")
    me = current()
    assert me.machine
    assert me.lives(me.machine)
    assert not me.is_gone(me.machine)
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    other = process.Process(me.machine, child.pid, me.born)
    assert other.is_gone(me.machine)
    assert not other.may_live(me.machine, LATER, NOW)


def test_a_process_whose_birth_is_not_known_is_dead_once_nobody_has_its_pid():
    me = current()
    unknown, over = process.Process(me.machine, me.pid, ""), gone()
    assert not unknown.is_gone(me.machine)
    assert not unknown.lives(me.machine)
    assert process.Process(me.machine, over.pid, "").is_gone(me.machine)
    assert not process.Process(me.machine, over.pid, "").lives(me.machine)
