"""Schedules that changed: the jobs that ask at once share one walk, and each waits for its end."""

import gevent
import pytest

from crawler.config import Job
from crawler.errors import LeaseLostError
from crawler.frontier.sql.visits import refitting
from crawler.model import Kind
from crawler.records import Done, HostRecord, JobTerms
from crawler.seeder.rescheduling import Rescheduler, schedule_text
from crawler.threads import Native
from tests.parts.desk import schedule
from tests.parts.frontiers import NOW, Timed, join, seeds, settled, take
from tests.parts.ledgers import execute, slices_read

NAMES = [f"j{number}" for number in range(10)]
EACH = 20


def scheduled(name, **schedule):
    return Job(name=name, urls=("http://a/",), schedule=schedule)


@pytest.fixture
def frontier(tmp_path):
    """Ten jobs of which every URL was visited."""
    with Timed(tmp_path / "state.sqlite", durable=False) as frontier:
        frontier.configure([JobTerms(name) for name in NAMES], NOW)
        for name in NAMES:
            frontier.add(name, seeds(f"{name}.example", each=EACH, job=name), NOW)
        owner = join(frontier)
        hosts = take(frontier, owner).values()
        for host in hosts:
            refilled = take(frontier, owner, new=0, refills={host.id: EACH}).values()
            tasks = [*host.tasks, *(task for one in refilled for task in one.tasks)]
            frontier.settle(owner, [settled(task, Kind.STORED, Done()) for task in tasks], [])
        frontier.leave(owner, [HostRecord(host.id, 0.0) for host in hosts], NOW)
        yield frontier


@pytest.fixture
def fits(frontier):
    with Native(1) as native:
        fits = Rescheduler(frontier, join(frontier), native, lambda: None)
        frontier.time = NOW + 10
        yield fits
        fits.close()


def due_times(tmp_path):
    rows = execute(
        tmp_path / "state.sqlite",
        "SELECT job.name, min(due_at), max(due_at) FROM task JOIN job ON job.id = job GROUP BY 1",
    )
    return {name: times for name, *times in rows}


def test_ten_jobs_whose_schedules_changed_share_one_walk(frontier, fits, tmp_path):
    jobs = [scheduled(name, every=f"{number + 1}h") for number, name in enumerate(NAMES)]

    def act():
        fits.ask(jobs)
        for name in NAMES:
            fits.wait(name)

    assert slices_read(frontier, act) == 1, "it has fewer URLs than one slice"
    assert due_times(tmp_path) == {
        name: [NOW + 3600 * (number + 1)] * 2 for number, name in enumerate(NAMES)
    }
    assert [schedule(frontier, job.name) for job in jobs] == [schedule_text(job) for job in jobs]
    assert slices_read(frontier, act) == 0, "all are fitted"


def test_jobs_that_ask_during_a_walk_share_the_next(frontier, fits, tmp_path, monkeypatch):
    monkeypatch.setattr(refitting, "ROWS_AT_ONCE", 10)

    def act():
        fits.ask([scheduled("j0", every="1h")])
        gevent.sleep(0)  # it is under way
        fits.ask([scheduled("j1", every="1h")])
        fits.ask([scheduled("j0", every="2h"), scheduled("j2", every="1h")])
        for name in ("j0", "j1", "j2"):
            fits.wait(name)

    assert slices_read(frontier, act) == 2 * len(NAMES) * EACH / 10
    times = due_times(tmp_path)
    assert (times["j0"], times["j1"], times["j2"]) == (
        [NOW + 7200] * 2, [NOW + 3600] * 2, [NOW + 3600] * 2,
    )  # fmt: skip


def test_what_a_downtime_has_piled_up_is_spread_and_the_schedule_stays(frontier, fits, tmp_path):
    job = scheduled("j0", every="5s")
    fits.ask([job])
    fits.wait("j0")
    assert due_times(tmp_path)["j0"] == [NOW + 5] * 2
    fits.ask([job], NOW)
    fits.wait("j0")
    first, last = due_times(tmp_path)["j0"]
    assert NOW + 10 <= first < last <= NOW + 12.5
    assert schedule(frontier, "j0") == schedule_text(job)


def test_a_job_that_changed_here_is_fitted_though_another_process_has_noted_it(
    frontier, fits, tmp_path
):
    job = scheduled("j0", every="1h")
    fits.ask([job])
    fits.wait("j0")
    execute(tmp_path / "state.sqlite", "UPDATE task SET due_at = ? WHERE job = 1", NOW + 1)
    fits.ask([job])
    assert due_times(tmp_path)["j0"] == [NOW + 1] * 2
    fits.ask([job], None, {"j0"})
    fits.wait("j0")
    assert due_times(tmp_path)["j0"] == [NOW + 3600] * 2


def test_every_job_of_a_walk_learns_that_it_failed(frontier, fits):
    frontier.leave(fits._owner, [], NOW)
    fits.ask([scheduled("j0", every="1h"), scheduled("j1", every="1h")])
    waiting = [
        gevent.spawn(pytest.raises, LeaseLostError, fits.wait, name) for name in ("j0", "j1")
    ]
    gevent.joinall(waiting, raise_error=True)
    assert schedule(frontier, "j0") == ""
