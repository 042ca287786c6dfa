"""Where a task's body goes: one answer for the visit, the settler and the sweep."""

from collections.abc import Iterable, Mapping

from crawler import naming
from crawler.config import Job
from crawler.model import Task
from crawler.store.files import Files, part_name


def planned(task: Task, job: Job) -> str:
    """Return the file a task is meant for, before the store has had its say."""
    return task.path or naming.path_of(job.path, job.name, task.url, task.fingerprint, {})


def part_of(task: Task, job: Job, owner: int) -> str:
    """Return the `.part` of a visit by a process."""
    return part_name(planned(task, job), task.fingerprint, owner)


def sweep(files: Files, jobs: Mapping[str, Job], left: Iterable[tuple[Task, int]]) -> int:
    """Remove the parts that visits of (task, owner) left behind, but not those to be continued.

    A robots.txt stays in memory; a job's path may even have no name for it.
    """
    names = [
        name
        for task, owner in left
        if task.job in jobs and not task.robots
        if (name := part_of(task, jobs[task.job], owner)) != _kept(task)
    ]
    return files.discard(names) if names else 0


def _kept(task: Task) -> str | None:
    return task.kept.part if task.kept else None
