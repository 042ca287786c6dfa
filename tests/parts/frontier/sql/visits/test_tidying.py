"""Walks over hosts: nothing that changed meanwhile is overwritten, and no job is forgotten."""

import pytest

from crawler.frontier import BEFORE_ALL, Amended, Rests, Wake
from crawler.frontier.sql.visits import jobs, paces
from crawler.records import HostRecord, JobTerms
from tests.parts.frontiers import NOW, done, join, seeds, take
from tests.parts.ledgers import execute

HOSTS = [f"h{number}" for number in range(9)]


@pytest.fixture
def owner(frontier, monkeypatch):
    """A process that walks in slices of few hosts."""
    monkeypatch.setattr(paces, "HOSTS_AT_ONCE", 4)
    monkeypatch.setattr(jobs, "ROWS_AT_ONCE", 4)
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    frontier.add("job", seeds(*HOSTS), NOW)
    owner = join(frontier)
    done(frontier, owner, Wake())
    return owner


def rest(frontier, owner, until, **options):
    """Take some hosts and give them back with a rest."""
    hosts = take(frontier, owner, **options).values()
    idle = [HostRecord(host.id, until) for host in hosts]
    frontier.lease(owner, NOW, new=0, refills={}, idle=idle)
    return {host.id for host in hosts}


def test_a_walk_over_rests_finds_the_own_hosts_first_and_then_every_resting_one(frontier, owner):
    resting = rest(frontier, owner, NOW + 60, new=7)
    mine = {host.id for host in take(frontier, owner).values()}
    first, *others = done(frontier, owner, Rests())
    assert {host.id for host in first} == mine
    assert all(len(found) <= 4 for found in others)
    assert {host.id for found in others for host in found} == resting


def test_what_a_host_is_owed_is_not_written_over_what_came_meanwhile(frontier, owner, file):
    rest(frontier, owner, NOW + 60, new=9)
    after = frontier.tidy(owner, Rests(), NOW, BEFORE_ALL).after
    found = frontier.tidy(owner, Rests(), NOW, after)
    taken, changed, *others = found.found
    execute(file, "UPDATE host SET owner = ? WHERE id = ?", owner, taken.id)
    execute(file, "UPDATE host SET next_at = ? WHERE id = ?", NOW + 90, changed.id)
    amended = [Amended(host, HostRecord(host.id, NOW + 5)) for host in found.found]
    for _ in range(2):  # the first reply was lost
        frontier.tidy(owner, Rests(amended), NOW, found.after)
    times = dict(execute(file, "SELECT id, next_at FROM host"))
    assert (times[taken.id], times[changed.id]) == (NOW + 60, NOW + 90)
    assert {times[host.id] for host in others} == {NOW + 5}


def test_a_job_that_goes_stale_during_a_walk_is_left_for_a_later_one(frontier, owner, file):
    frontier.configure([JobTerms("job"), JobTerms("other"), JobTerms("third")], NOW)
    frontier.add("third", seeds(*HOSTS, job="third"), NOW)
    done(frontier, owner, Wake())
    frontier.configure([JobTerms("other")], NOW)
    walk = frontier.tidy(owner, Wake(), NOW)
    assert walk.after is not None
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    while walk.after is not None:
        walk = frontier.tidy(owner, Wake(), NOW, walk.after)
    stale = execute(file, "SELECT name, stale FROM job WHERE name IN ('job', 'third')")
    assert dict(stale) == {"job": 1, "third": 0}
    assert sum(done(frontier, owner, Wake())) == len(HOSTS)
    assert execute(file, "SELECT sum(stale) FROM job") == [(0,)]


def test_a_walk_of_a_process_that_died_is_made_again_by_another(frontier, owner, file):
    frontier.configure([JobTerms("other")], NOW)
    assert frontier.tidy(owner, Wake(), NOW).after is not None
    frontier.leave(owner, [], NOW)
    assert sum(done(frontier, join(frontier), Wake())) == len(HOSTS)
    assert execute(file, "SELECT sum(stale) FROM job") == [(0,)]
