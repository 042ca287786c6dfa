"""Leases: what they take of hosts with few jobs, and how seldom they write a host."""

import re
from collections import Counter

import pytest

from crawler.errors import LeaseLostError, LocalFaultError
from crawler.frontier.sql.visits import turns
from crawler.records import HostRecord, JobTerms
from tests.parts.frontiers import NOW, join, seeds, take
from tests.parts.ledgers import execute

LATER = NOW + 100


def writes(frontier, act):
    """Return how often each host is written while something is done."""
    db, within = frontier._file.db, frontier._file._native.call
    within(db.execute, "CREATE TEMP TABLE written (host)")
    within(
        db.execute,
        "CREATE TEMP TRIGGER noted AFTER UPDATE ON host "
        "BEGIN INSERT INTO written VALUES (NEW.id); END",
    )
    act()
    found = within(lambda: db.execute("SELECT host FROM written").fetchall())
    return Counter(host for (host,) in found)


def test_a_host_is_written_once_as_it_is_given_back(frontier):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds("a", "b", "c", each=3), NOW)
    owner = join(frontier)
    held = list(take(frontier, owner).values())
    tasks = [task.id for host in held for task in host.tasks]
    idle = [HostRecord(host.id, LATER) for host in held]
    found = writes(
        frontier, lambda: frontier.lease(owner, NOW, new=0, refills={}, back=tasks, idle=idle)
    )
    assert found == {host.id: 1 for host in held}
    assert not take(frontier, owner, LATER - 1)
    assert len(take(frontier, owner, LATER)) == len(held)


def called(frontier, act):
    """Return the procedures that run while something is done."""
    seen, within = [], frontier._file._native.call
    within(frontier._file.db.set_trace_callback, seen.append)
    act()
    within(frontier._file.db.set_trace_callback, None)
    return {name for one in seen for name in re.findall(r"INSERT INTO call_(\w+)", one)}


def test_a_lease_runs_what_it_needs(frontier):
    frontier.configure([JobTerms("job")], NOW)
    owner = join(frontier)
    assert called(frontier, lambda: take(frontier, owner)) == {"keep", "bring_back"}
    frontier.add("job", seeds("a", each=9), NOW)
    assert called(frontier, lambda: take(frontier, owner)) == {
        "keep", "bring_back", "take_hosts", "take_tasks",
    }  # fmt: skip
    refills = {1: 2}
    found = called(frontier, lambda: take(frontier, owner, new=0, refills=refills))
    assert found == {"keep", "take_tasks"}
    idle = [HostRecord(1, LATER)]
    assert called(frontier, lambda: take(frontier, owner, new=0, idle=idle)) == {"give_back"}


def test_a_lease_of_nothing_by_an_owner_that_was_taken_for_dead_says_so(frontier):
    owner = join(frontier)
    frontier.leave(owner, [], NOW)
    with pytest.raises(LeaseLostError):
        take(frontier, owner, new=0)


@pytest.mark.parametrize("wanted", [1, 2, 3, 8, 9])
@pytest.mark.parametrize("others", [(), ("other",)])
def test_the_urls_that_are_due_for_longest_go_first(frontier, file, wanted, others):
    jobs = ["job", *others]
    frontier.configure([JobTerms(job) for job in jobs], NOW)
    for job in jobs:
        frontier.add(job, seeds("a", each=12, job=job), NOW)
    owner = join(frontier)
    (host,) = take(frontier, owner).values()
    take(frontier, owner, new=0, back=[task.id for task in host.tasks])
    execute(file, "UPDATE task SET due_at = ? - id % 7", NOW)
    found = take(frontier, owner, new=0, refills={host.id: wanted})[host.key].tasks
    assert len(found) == wanted
    for job in jobs:
        due = [(NOW - number % 7, number) for number in numbers(found, job)]
        assert due == sorted((NOW - n % 7, n) for n in numbers_of(jobs, job))[: len(due)]


def numbers(tasks, job):
    """Return the numbers of a job's tasks among these, in their order."""
    return [task.id for task in tasks if task.job == job]


def numbers_of(jobs, job):
    """Return the numbers that the twelve tasks of a job have."""
    first = 1 + 12 * jobs.index(job)
    return range(first, first + 12)


def lost(*_):
    raise LocalFaultError("a read failed")


def test_a_lease_whose_answer_was_lost_is_taken_back(frontier, monkeypatch):
    frontier.add("job", seeds("a", "b", each=3), NOW)
    owner = join(frontier)
    taken = take(frontier, owner, new=1)
    with monkeypatch.context() as patch:
        patch.setattr(turns.Answer, "read", lost)
        with pytest.raises(LocalFaultError):
            take(frontier, owner, refills={next(iter(taken.values())).id: 1})
    others = take(frontier, owner)
    assert {len(host.tasks) for host in others.values()} == {2}
    assert frontier.sums().counts.leased == 4
