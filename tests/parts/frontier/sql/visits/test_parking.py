"""Hosts that are out of the way, for another process has their address."""

import sqlite3
from contextlib import closing

import pytest

from crawler.frontier.sql.visits import parking, ready
from crawler.records import HostRecord, JobTerms
from tests.parts.frontiers import NOW, join, move, reclaim, seeds, take

ADDRESS = "192.0.2.7"


@pytest.fixture
def crowd(open_one):
    """Two processes, an address that the first has, and 30 hosts there that nobody has."""
    one, other = open_one(), open_one()
    mine = join(one)
    one.add("job", seeds(*(f"h{number}" for number in range(30))), NOW)
    hosts = list(take(one, mine, new=30).values())
    found = [HostRecord(host.id, NOW, address=ADDRESS) for host in hosts]
    assert not move(one, mine, found)
    one.lease(mine, NOW, new=0, refills={}, idle=found[1:], back=[
        task.id for host in hosts[1:] for task in host.tasks
    ])  # fmt: skip
    return one, mine, other, join(other), hosts[0]


def parked(frontier):
    with closing(sqlite3.connect(frontier._file.state)) as db:
        return db.execute("SELECT count(*) FROM host WHERE parked").fetchone()[0]


def test_hosts_at_an_address_of_another_process_are_looked_at_once(crowd):
    _, _, other, theirs, _ = crowd
    assert take(other, theirs, new=5) == {}
    assert parked(other) == 29
    scanned = []
    within = other._file._native.call
    within(other._file.db.set_trace_callback, scanned.append)
    lease = other.lease(theirs, NOW, new=5, refills={}, idle=[])
    within(other._file.db.set_trace_callback, None)
    assert (lease.hosts, lease.next_at, lease.more) == ((), None, False)
    assert not [one for one in scanned if "SET parked" in one]


def test_parked_hosts_are_for_whom_the_address_is(crowd):
    one, mine, other, theirs, _ = crowd
    take(other, theirs, new=5)
    assert len(take(one, mine, new=40)) == 29
    assert parked(one) == 0


def test_parked_hosts_are_for_everybody_once_the_address_is_free(crowd):
    one, mine, other, theirs, first = crowd
    take(other, theirs, new=5)
    back = [task.id for task in first.tasks]
    one.lease(mine, NOW, new=0, refills={}, idle=[HostRecord(first.id, NOW)], back=back)
    assert len(take(other, theirs, new=40)) == 15, "its fair share"
    assert parked(one) == 0


@pytest.mark.parametrize("how", ["leave", "die"])
def test_parked_hosts_are_for_everybody_once_the_holder_is_gone(crowd, how):
    one, mine, other, theirs, _ = crowd
    take(other, theirs, new=5)
    if how == "leave":
        one.leave(mine, [], NOW)
    else:
        reclaim(other, NOW + 1e4, "machine", mine=theirs)
    assert len(other.lease(theirs, NOW + 1e4, new=40, refills={}, idle=[]).hosts) == 30


def test_a_lease_parks_a_bounded_number_and_says_that_there_are_more(crowd, monkeypatch):
    monkeypatch.setattr(ready, "_SCANNED", 2)
    monkeypatch.setattr(ready, "_SCANS", 3)
    _, _, other, theirs, _ = crowd
    lease = other.lease(theirs, NOW, new=1, refills={}, idle=[])
    assert (lease.hosts, lease.more, parked(other)) == ((), True, 5)


def test_hosts_of_jobs_that_mean_something_else_make_no_lease_look_again_at_once(
    open_one, monkeypatch
):
    monkeypatch.setattr(ready, "_SCANNED", 2)
    monkeypatch.setattr(ready, "_SCANS", 3)
    one, other = open_one(), open_one()
    one.configure([JobTerms("job", digest="old")], NOW)
    one.add("job", seeds(*(f"h{number}" for number in range(30))), NOW)
    other.configure([JobTerms("job", digest="new")], NOW)
    lease = one.lease(join(one), NOW, new=1, refills={}, idle=[])
    assert (lease.hosts, lease.more) == ((), False)


def test_a_lease_brings_back_a_bounded_number_of_each_address_in_turn(crowd, monkeypatch):
    one, mine, other, theirs, _ = crowd
    take(other, theirs, new=5)
    monkeypatch.setattr(parking, "BROUGHT_BACK", 4)
    assert len(take(one, mine, new=40)) == 4
    assert parked(one) == 25
    assert len(take(one, mine, new=40)) == 4


@pytest.fixture
def streets(open_one):
    """Two processes, each with some of 10 hosts at an address; the first's were ready first."""
    one, other = open_one(), open_one()
    mine, theirs = join(one), join(other)
    one.add("job", seeds(*(f"{name}{number}" for name in "ab" for number in range(10))), NOW)
    with closing(sqlite3.connect(one._file.state, isolation_level=None)) as db:
        db.execute("UPDATE host SET address = '192.0.2.' || substr(key, 1, 1)")
        db.execute(
            "UPDATE host SET next_at = ready_at + 1, ready_at = ready_at + 1 WHERE key > 'b'"
        )
    assert addresses(one.lease(mine, NOW, new=3, refills={}, idle=[]).hosts) == ["a"] * 3
    leases = [other.lease(theirs, NOW + 1, new=3, refills={}, idle=[]) for _ in range(2)]
    assert {*addresses(leases[0].hosts), *addresses(leases[1].hosts)} == {"b"}
    return one, mine


def addresses(hosts):
    return [host.key[0] for host in hosts]


def test_hosts_of_an_address_that_is_free_go_before_more_of_one_that_the_process_has(streets):
    one, mine = streets
    assert reclaim(one, NOW + 1e4, "machine", mine=mine)
    with closing(sqlite3.connect(one._file.state)) as db:
        waiting = db.execute(
            "SELECT key FROM host WHERE owner IS NULL ORDER BY ready_at"
        ).fetchall()
    assert [key[0] for (key,) in waiting[:6]] == ["a"] * 6, "they have been ready for longer"
    first = one.lease(mine, NOW + 1e4, new=3, refills={}, idle=[])
    assert addresses(first.hosts) == ["b"] * 3
    then = one.lease(mine, NOW + 1e4, new=4, refills={}, idle=[])
    assert sorted(addresses(then.hosts)) == ["a", "a", "b", "b"]
    last = one.lease(mine, NOW + 1e4, new=8, refills={}, idle=[])
    assert len(last.hosts) == 8, "crowded or not, what nobody else needs is taken"


def test_hosts_beyond_enough_at_an_address_are_out_of_the_way_and_come_again(open_one, monkeypatch):
    monkeypatch.setattr(ready, "_SCANNED", 4)
    one = open_one()
    mine = join(one)
    one.add("job", seeds(*(f"a{number:02}" for number in range(40))), NOW)
    with closing(sqlite3.connect(one._file.state, isolation_level=None)) as db:
        db.execute("UPDATE host SET address = ?", (ADDRESS,))
    one.add("job", seeds("b"), NOW)
    taken, leases = [], 0
    while "b" not in addresses(taken):
        lease = one.lease(mine, NOW, new=2, refills={}, idle=[])
        assert len(lease.hosts) == 2
        taken, leases = [*taken, *lease.hosts], leases + 1
    assert 4 < leases < 12, "hosts that have been ready for longer hold it up for a while"
    assert parked(one)
    while lease.hosts:
        lease = one.lease(mine, NOW, new=2, refills={}, idle=[])
        taken += lease.hosts
        assert lease.next_at == (NOW if len(taken) < 41 else None), "who is parked waits as well"
    assert len({host.id for host in taken}) == 41
    assert parked(one) == 0


def test_a_process_of_an_older_text_looks_on_where_its_last_look_ended(open_one, monkeypatch):
    monkeypatch.setattr(ready, "_SCANNED", 2)
    monkeypatch.setattr(ready, "_SCANS", 3)
    one, other = open_one(), open_one()
    jobs = [JobTerms("job", digest="old"), JobTerms("same")]
    one.configure(jobs, NOW)
    one.add("job", seeds(*(f"h{number}" for number in range(30))), NOW)
    one.add("same", seeds("x", "y", job="same"), NOW)
    other.configure([JobTerms("job", digest="new"), JobTerms("same")], NOW)
    with closing(sqlite3.connect(one._file.state, isolation_level=None)) as db:
        db.execute("UPDATE host SET ready_at = ?", (NOW - 9,))
    mine = join(one)
    found = [take(one, mine, new=1) for _ in range(12)]
    assert [list(hosts) for hosts in found if hosts] == [["x:80"], ["y:80"]]
