"""Due times that are computed anew: one walk for all jobs, and no newer time is overwritten."""

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier import BEFORE_ALL, Due, Refit
from crawler.frontier.sql.visits import refitting
from crawler.model import Kind
from crawler.records import Done, HostRecord, JobTerms
from tests.parts.desk import schedule
from tests.parts.frontiers import NOW, join, seeds, settled, take
from tests.parts.ledgers import assert_sums, execute, fit, slices_read

JOBS = [f"j{number}" for number in range(10)]
URLS = 30


@pytest.fixture
def owner(frontier):
    """A process that has visited every URL of ten jobs, and holds their hosts."""
    frontier.configure([JobTerms(job) for job in JOBS], NOW)
    for job in JOBS:
        frontier.add(job, seeds(f"{job}.example", each=URLS, job=job), NOW)
    owner = join(frontier)
    hosts = take(frontier, owner, new=len(JOBS)).values()
    tasks = [task for host in hosts for task in host.tasks]
    while tasks:
        frontier.settle(owner, [settled(task, Kind.STORED, Done()) for task in tasks], [])
        refills = {host.id: URLS for host in hosts}
        tasks = [
            task
            for host in take(frontier, owner, refills=refills, new=0).values()
            for task in host.tasks
        ]
    return owner


def due_times(file):
    return {at for (at,) in execute(file, "SELECT due_at FROM task")}


def test_due_times_of_ten_jobs_are_computed_anew_in_one_reading_of_the_tasks(
    frontier, owner, file, monkeypatch
):
    monkeypatch.setattr(refitting, "ROWS_AT_ONCE", 25)
    read = slices_read(
        frontier, lambda: fit(frontier, owner, NOW + 60, **dict.fromkeys(JOBS, "daily"))
    )
    assert read == len(JOBS) * URLS / 25
    assert due_times(file) == {NOW + 60}
    assert {schedule(frontier, job) for job in JOBS} == {"daily"}
    assert frontier.sums().counts.again == len(JOBS) * URLS
    assert_sums(file)


def test_a_job_of_which_nothing_has_ended_is_fitted_without_a_walk(frontier):
    frontier.add("new", seeds("a", job="new"), NOW)
    owner = join(frontier)
    assert slices_read(frontier, lambda: fit(frontier, owner, None, new="daily")) == 0
    assert schedule(frontier, "new") == "daily"


def test_what_was_visited_between_a_slice_and_its_times_keeps_the_time_of_that_visit(
    frontier, owner, file
):
    fit(frontier, owner, NOW, j0="always")
    work = Refit({"j0": "daily"})
    found = frontier.tidy(owner, work, NOW, BEFORE_ALL)
    visited, *others = found.found
    (host,) = take(frontier, owner, new=0, refills={1: 1}).values()
    (task,) = host.tasks
    assert task.id == visited.id
    frontier.settle(owner, [settled(task, Kind.STORED, Done(NOW + 5), NOW + 1)], [])
    due = [Due(one.id, one.due_at, NOW + 60) for one in found.found]
    frontier.tidy(owner, Refit(work.anew, due=due), NOW, found.after)
    times = dict(execute(file, "SELECT id, due_at FROM task WHERE job = 1"))
    assert times.pop(visited.id) == NOW + 5
    assert set(times.values()) == {NOW + 60}
    assert len(times) == len(others)
    assert_sums(file)


@pytest.mark.parametrize("at", [None, NOW + 60])
def test_what_is_being_visited_meanwhile_stays_leased(frontier, owner, file, at):
    fit(frontier, owner, NOW, j0="always")
    found = frontier.tidy(owner, Refit({"j0": ""}), NOW, BEFORE_ALL)
    assert len(take(frontier, owner, new=0, refills={1: 1})) == 1
    due = [Due(one.id, one.due_at, at) for one in found.found]
    frontier.tidy(owner, Refit({"j0": ""}, due=due), NOW, found.after)
    assert frontier.sums().counts.leased == 1
    assert frontier.sums().counts.again == (1 if at is None else URLS)
    assert_sums(file)


def test_times_whose_reply_was_lost_are_written_once(frontier, owner, file):
    found = frontier.tidy(owner, Refit({"j0": "daily"}), NOW, BEFORE_ALL)
    due = [Due(one.id, one.due_at, NOW + 60) for one in found.found]
    work = Refit({"j0": "daily"}, due=due)
    assert frontier.tidy(owner, work, NOW, found.after) == frontier.tidy(
        owner, work, NOW, found.after
    )
    assert frontier.sums().counts.again == URLS
    assert_sums(file)


def test_a_walk_that_breaks_off_leaves_the_job_to_be_fitted(frontier, owner):
    frontier.tidy(owner, Refit({"j0": "daily", "j1": ""}), NOW, BEFORE_ALL)
    assert schedule(frontier, "j0") not in {"", "daily"}
    assert schedule(frontier, "j1") != "", "it was to be fitted anew"


def test_a_later_walk_takes_a_job_over_and_the_earlier_one_writes_nothing_more_of_it(
    frontier, owner, file
):
    first = Refit({"j0": "daily", "j1": "daily"})
    found = frontier.tidy(owner, first, NOW, BEFORE_ALL)
    later = join(frontier)
    assert fit(frontier, later, NOW + 9, j0="hourly") == 2
    due = [Due(one.id, one.due_at, NOW + 60) for one in found.found]
    assert frontier.tidy(owner, Refit(first.anew, due=due), NOW, found.after).after is None
    times = dict(execute(file, "SELECT job, max(due_at) FROM task GROUP BY job"))
    assert (times[1], times[2], times[3]) == (NOW + 9, NOW + 60, NOW)
    assert (schedule(frontier, "j0"), schedule(frontier, "j1")) == ("hourly", "daily")


def test_a_walk_goes_on_where_all_is_to_be_fitted_once_more_and_is_not_noted(frontier, owner, file):
    """A process with an older text has ended meanwhile, say."""
    found = frontier.tidy(owner, Refit({"j0": "daily"}), NOW, BEFORE_ALL)
    again = "of an older text"
    execute(file, "UPDATE job SET schedule = ? WHERE name = 'j0'", again)
    due = [Due(one.id, one.due_at, NOW + 60) for one in found.found]
    assert frontier.tidy(owner, Refit({"j0": "daily"}, due=due), NOW, found.after).after is None
    assert frontier.sums().counts.again == URLS
    assert schedule(frontier, "j0") == again


def test_only_spreading_leaves_the_schedule_as_it_is(frontier, owner, file):
    fit(frontier, owner, NOW, j0="daily")
    work = Refit({}, {"j0": "daily", "j1": "another"})
    found = frontier.tidy(owner, work, NOW, BEFORE_ALL)
    assert {one.job for one in found.found} == {"j0"}, "j1 is fitted to something else by now"
    assert schedule(frontier, "j0") == "daily"
    due = [Due(one.id, one.due_at, NOW + one.id) for one in found.found]
    assert frontier.tidy(owner, Refit({}, work.spread, due), NOW, found.after).after is None
    assert max(due_times(file)) == NOW + URLS


def test_hosts_are_ready_when_the_new_times_say(frontier, owner):
    frontier.leave(owner, [HostRecord(number + 1, 0.0) for number in range(len(JOBS))], NOW)
    owner = join(frontier)
    assert take(frontier, owner) == {}
    fit(frontier, owner, NOW + 60, j3="daily")
    assert take(frontier, owner, NOW + 59) == {}
    assert list(take(frontier, owner, NOW + 60)) == ["j3.example:80"]


def test_a_process_that_was_taken_for_dead_writes_no_times(frontier, owner):
    frontier.leave(owner, [], NOW)
    with pytest.raises(LeaseLostError):
        frontier.tidy(owner, Refit({"j0": "daily"}), NOW)
    assert schedule(frontier, "j0") == ""
