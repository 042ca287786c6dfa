"""Hosts are visited where their files lie, for as long as somebody lives there."""

import pytest

from crawler.frontier import FOREIGN_S, LEASE_S, Pulse
from crawler.frontier.sql.visits import ready
from crawler.model import Kind
from crawler.records import Done, HostRecord
from tests.parts.frontiers import NOW, beat, gone, join, seeds, settled

EVERY_ENGINE = True
LATER = NOW + 100


class Machine:
    """A process with an output folder of its own."""

    def __init__(self, frontier, folder, now=NOW, process=None):
        self.frontier = frontier
        self.owner = join(frontier, now, process)
        self.store = frontier.store_in(self.owner, folder, f"/srv/{folder}")

    def lease(self, at, new=10):
        return self.frontier.lease(self.owner, at, new=new, refills={}, idle=[])

    def keys(self, at, new=10):
        return [host.key for host in self.lease(at, new).hosts]

    def visit(self, at=NOW, new=10, again=LATER):
        """Visit all there is, each URL to be visited again, and give the hosts back."""
        hosts = self.lease(at, new).hosts
        ends = [settled(one, Kind.STORED, Done(again), at) for host in hosts for one in host.tasks]
        rests = [HostRecord(host.id, at) for host in hosts]
        self.frontier.settle(self.owner, ends, rests)
        self.frontier.lease(self.owner, at, new=0, refills={}, idle=rests)
        return [host.key for host in hosts]


@pytest.fixture
def one(open_one):
    return Machine(open_one(), "one")


def test_a_foreign_host_is_left_alone_for_a_while_and_then_taken(one, open_one):
    one.frontier.add("job", seeds("a"), NOW)
    other = Machine(open_one(), "other")
    assert one.visit() == ["a:80"]
    keep(one, LATER)
    found = other.lease(LATER)
    assert (found.hosts, found.next_at) == ((), LATER + FOREIGN_S)
    keep(one, LATER + FOREIGN_S)
    assert other.keys(LATER + FOREIGN_S - 0.01) == []
    assert other.keys(LATER + FOREIGN_S) == ["a:80"]


def test_a_foreign_host_is_taken_at_once_while_its_machine_has_no_room(one, open_one):
    one.frontier.add("job", seeds("a"), NOW)
    other, shares = Machine(open_one(), "other"), Machine(open_one(), "one")
    one.visit()
    full = Pulse("running", no_room=True)
    beat(one.frontier, one.owner, LATER, full)
    keep(shares, LATER)
    assert other.keys(LATER) == [], "another process of that machine has room"
    beat(shares.frontier, shares.owner, LATER, full)
    assert other.keys(LATER) == ["a:80"]


def visited(one, other, number):
    """Have the hosts of a machine be of its store; the other one is there as well."""
    one.frontier.add("job", seeds(*(f"h{n}" for n in range(number))), NOW)
    while one.visit(again=LATER, new=200):
        pass
    keep(one, LATER)
    keep(other, LATER)


def test_a_machine_has_all_hosts_of_its_store_whatever_part_others_have(one, open_one):
    other = Machine(open_one(), "other")
    visited(one, other, 6)
    assert len(one.keys(LATER)) == 6
    asked = one.lease(LATER, new=0)
    assert (asked.surplus, asked.moving) == (0, 0)
    assert other.keys(LATER) == []


def test_processes_of_a_machine_share_the_hosts_of_its_store(one, open_one):
    other, shares = Machine(open_one(), "other"), Machine(open_one(), "one")
    visited(one, other, 10)
    keep(shares, LATER)
    assert len(one.keys(LATER)) == len(shares.keys(LATER)) == 5
    shares.frontier.leave(shares.owner, [], LATER)
    assert len(one.keys(LATER)) == 5
    came = Machine(open_one(), "one", LATER)
    assert one.lease(LATER, new=0).surplus == 5
    assert came.keys(LATER) == []


def test_a_machine_with_many_more_hosts_gives_a_few_at_a_time_a_new_home(one, open_one):
    other = Machine(open_one(), "other")
    visited(one, other, 100)
    held = one.lease(LATER, new=200).hosts
    assert len(held) == 100
    asked = one.lease(LATER, new=0)
    assert (asked.surplus, asked.moving) == (0, 3)
    ends = [
        settled(task, Kind.STORED, Done(LATER + 1), LATER) for h in held[:3] for task in h.tasks
    ]
    rests = [HostRecord(host.id, LATER, moves=True) for host in held[:3]]
    one.frontier.settle(one.owner, ends, rests)
    one.frontier.lease(one.owner, LATER, new=0, refills={}, idle=rests)
    assert one.lease(LATER + 1, new=10).hosts == (), "they are for others"
    assert sorted(other.keys(LATER + 1)) == sorted(host.key for host in held[:3])


def test_the_machine_of_a_host_takes_it_at_once(one, open_one):
    one.frontier.add("job", seeds("a"), NOW)
    other = Machine(open_one(), "other")
    one.visit()
    assert one.keys(LATER) == ["a:80"]
    assert other.store == 2


def test_a_host_that_was_never_visited_is_anybodys_at_once(one, open_one):
    other = Machine(open_one(), "other")
    one.frontier.add("job", seeds("a"), NOW)
    assert other.keys(NOW) == ["a:80"]


def test_a_host_is_of_the_store_of_its_last_visit(one, open_one):
    one.frontier.add("job", seeds("a"), NOW)
    other = Machine(open_one(), "other")
    one.visit()
    keep(one, LATER + FOREIGN_S)
    assert other.visit(LATER + FOREIGN_S, again=LATER + 200) == ["a:80"]
    keep(other, LATER + 200)
    assert one.keys(LATER + 200) == []
    assert other.keys(LATER + 200) == ["a:80"]


def test_the_hosts_of_a_store_that_nobody_lives_in_are_taken_at_once(one, open_one):
    one.frontier.add("job", seeds("a"), NOW)
    other = Machine(open_one(), "other")
    one.visit()
    one.frontier.leave(one.owner, [], NOW)
    found = other.lease(LATER - 1)
    assert (found.hosts, found.next_at) == ((), LATER)
    assert other.keys(LATER) == ["a:80"]


def test_a_process_whose_lease_ran_out_keeps_nobody_from_its_hosts(one, open_one):
    one.frontier.add("job", seeds("a"), NOW)
    other = Machine(open_one(), "other")
    one.visit()
    assert LATER > NOW + LEASE_S, "it has not beaten since"
    assert other.keys(LATER) == ["a:80"]


def test_the_hosts_of_a_process_that_died_are_free_with_the_next_heartbeat(open_one):
    one = Machine(open_one(), "one", process=gone())
    one.frontier.add("job", seeds("a"), NOW)
    other = Machine(open_one(), "other")
    one.visit(again=NOW + 20)
    assert other.keys(NOW + 20) == []
    assert one.owner not in beat(other.frontier, other.owner, NOW + 20).seen
    assert other.keys(NOW + 20) == ["a:80"]


def test_two_processes_of_one_store_have_one_home(one, open_one):
    one.frontier.add("job", seeds("a"), NOW)
    Machine(open_one(), "other")
    shares = Machine(open_one(), "one")
    one.visit()
    keep(one, LATER)
    assert shares.keys(LATER) == ["a:80"]


def test_own_hosts_and_new_ones_go_before_foreign_ones_however_long_those_wait(one, open_one):
    other = Machine(open_one(), "other")
    one.frontier.add("job", seeds(*"abcd"), NOW)
    while one.visit(again=LATER):
        pass
    other.frontier.add("job", seeds("x"), NOW)
    assert other.visit(again=LATER + 61) == ["x:80"]
    one.frontier.add("job", seeds("y"), LATER + 62)
    at = LATER + 63
    keep(one, at)
    assert other.keys(at, new=2) == ["x:80", "y:80"]
    assert one.keys(at, new=2) == ["a:80", "b:80"]


def test_own_hosts_are_seen_behind_any_number_of_foreign_ones(one, open_one, monkeypatch):
    monkeypatch.setattr(ready, "_SCANNED", 4)
    monkeypatch.setattr(ready, "_SCANS", 2)
    other = Machine(open_one(), "other")
    one.frontier.add("job", seeds(*(f"h{n}" for n in range(40))), NOW)
    while one.visit(again=LATER):
        pass
    other.frontier.add("job", seeds("x"), NOW)
    other.visit(again=LATER + 61)
    keep(one, LATER + 61)
    assert other.keys(LATER + 61, new=1) == ["x:80"]


def test_a_look_for_the_next_host_goes_past_no_more_than_a_few_foreign_ones(one, open_one):
    other = Machine(open_one(), "other")
    one.frontier.add("job", seeds(*(f"h{n}" for n in range(100))), NOW)
    while one.visit(again=LATER):
        pass
    keep(one, LATER)
    assert other.lease(LATER).next_at == LATER + 1, "beyond those there may be others"
    assert other.lease(LATER - 50).next_at == LATER


def test_what_was_visited_before_there_was_another_store_is_anybodys(one, open_one):
    shares = Machine(open_one(), "one")
    one.frontier.add("job", seeds("a"), NOW)
    one.visit()
    keep(one, LATER)
    other = Machine(open_one(), "other")
    assert other.keys(LATER) == ["a:80"]
    assert shares.store == 1


def keep(machine, at):
    """Let a process live on at a time."""
    beat(machine.frontier, machine.owner, at)
