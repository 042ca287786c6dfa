"""Hosts and tasks in memory when they are paused: nothing new begins, and all goes back."""

import pytest

from crawler.frontier import InFlight, changed
from crawler.frontier.wishes import (
    ALL,
    MakeWish,
    Scope,
    Subject,
    TakeBackWish,
    Verb,
    Wisher,
    paused_by,
)
from crawler.model import Kind
from crawler.seeder.waking import wake_hosts

URLS = [f"http://a/{number}" for number in range(6)]
SUBJECTS = [ALL, Subject(Scope.HOST, "a"), Subject(Scope.JOB, "job")]


def wish(work, action):
    """Have an operator wish something, and the process hear of it."""
    changed(work.frontier, action)
    heard = work.frontier.hear(work.owner, 0)
    wake_hosts(work.frontier, work.owner, work.feeder.leaser.look)
    work.feeder.heed(paused_by(heard.wishes, work.wall()))


def pause(work, subject=ALL):
    wish(work, MakeWish(Verb.PAUSE, subject, Wisher()))


def resume(work, subject=ALL):
    wish(work, TakeBackWish(Verb.PAUSE, subject))


def leased(work):
    return work.frontier.entry(InFlight(ALL))


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_what_is_paused_begins_no_more_and_goes_back_while_a_visit_runs_to_its_end(
    hosts_at_work, subject
):
    work = hosts_at_work(delay="1s")
    work.add(*URLS)
    ((_, task),) = work.starts(0.1)
    pause(work, subject)
    assert work.starts(20) == []
    assert leased(work) == 1, "the visit under way alone"
    work.end(task)
    assert work.starts(5) == []
    assert work.lease() == [], "the host went back"
    assert leased(work) == 0
    resume(work, subject)
    assert len(work.starts(20)) == 1


@pytest.mark.parametrize("subject", SUBJECTS, ids=str)
def test_tasks_in_memory_are_not_handed_off_while_the_ledger_cannot_be_written(
    hosts_at_work, subject
):
    work = hosts_at_work(delay=0, per_host=2)
    work.add(*URLS)
    work.lease()
    pause(work, subject)
    work.feeder.leaser.lease_at = work.now + 1000
    assert work.starts(20) == []


def test_a_visit_that_was_handed_off_before_the_pause_goes_back(hosts_at_work):
    work = hosts_at_work(delay=0)
    work.add(*URLS)
    work.lease()
    (host,) = work.own_hosts.hosts.values()
    task = host.tasks.popleft()
    work.own_hosts.handed_off(host, task, work.now)
    pause(work)
    assert not work.feeder.begun(task)
    assert work.starts(5) == []
    assert (work.lease(), leased(work)) == ([], 0)
    resume(work)
    assert len(work.starts(5)) == 1


def test_a_host_with_a_long_visit_goes_on_at_once_when_it_is_resumed(hosts_at_work):
    work = hosts_at_work(delay=0, per_host=2)
    work.add(*URLS)
    begun = work.starts(0.1)
    pause(work, Subject(Scope.HOST, "a"))
    work.starts(5)
    work.end(begun[0][1])
    work.starts(5)
    resume(work, Subject(Scope.HOST, "a"))
    assert len(work.starts(2)) == 1, "beside the other, which is still under way"


def test_a_pause_that_is_over_before_a_lease_changes_nothing(hosts_at_work):
    work = hosts_at_work(delay=0)
    work.add(*URLS)
    work.lease()
    pause(work)
    resume(work)
    ((_, task),) = work.starts(2)
    assert task.attempt == 1
    assert work.end(task, Kind.STORED).outcome.kind is Kind.STORED
