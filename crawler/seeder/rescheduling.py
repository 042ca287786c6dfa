"""Due times of a job's tasks, fitted to a schedule that changed and to a downtime that is over."""

from crawler.config import Job
from crawler.frontier import Frontier, NextDue
from crawler.model import Seconds
from crawler.policy.schedule import Schedule, next_due, spread, window_of


def reschedule(
    frontier: Frontier,
    job: Job,
    down_since: Seconds | None,
    now: Seconds,
    *,
    changed: bool = False,
) -> bool:
    """Fit due times to the job's schedule, and spread those that a downtime piled up.

    Times are wall times; `down_since` is None where no downtime is to be made up for. With
    `changed` this process had another schedule in force until now, and may have recorded due times
    by it after another process had fitted all. Return whether anything may have changed.
    """
    schedule = job.schedule.parsed() if job.schedule else None
    text = schedule_text(job)
    window = 0.0
    if schedule and down_since is not None:
        window = window_of(schedule, now, down_since)
    same = frontier.schedule(job.name) == text and not changed
    if same and window < 1.0:
        return False
    due_after = _due_after(schedule, now, window, same=same)
    after: int | None = 0
    while after is not None:
        after = frontier.refit(job.name, due_after, after, now)
    frontier.rescheduled(job.name, text)
    return True


def schedule_text(job: Job) -> str:
    """Return a job's schedule as the frontier notes it, as JSON."""
    return job.schedule.model_dump_json() if job.schedule else ""


def _due_after(schedule: Schedule | None, now: Seconds, window: Seconds, *, same: bool) -> NextDue:
    """Return the function that computes a task's due time from its last end."""

    def due_after(
        due_at: Seconds, finished_at: Seconds, number: int, every: Seconds | None
    ) -> Seconds | None:
        if schedule is None:
            return None
        if same:
            return schedule.opens_at(spread(now, due_at, window, number))
        ended_at = min(finished_at, now)  # a clock that was ahead may have told it
        coming = next_due(
            schedule,
            now=ended_at,
            due_at=ended_at,
            every=every,
            changed=None,
            fingerprint=number,
        ).at
        return None if coming is None else schedule.opens_at(spread(now, coming, window, number))

    return due_after
