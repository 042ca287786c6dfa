"""Where a task's body goes: one answer for the visit, the settler and the sweep."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice

from crawler.config import Job
from crawler.model import Kind, Task
from crawler.policy import naming
from crawler.store.files import Files, part_name

_BREAKS = {Kind.TIMEOUT, Kind.TRUNCATED, Kind.LOCAL_IO, Kind.TLS, Kind.PROTOCOL, Kind.BUG}
"""Kinds after which a part may have been kept."""
_SWEPT_AT_ONCE = 1024
"""Visits whose parts are named in one go; others run after that, for it takes some 5 ms."""


def wanted_path(task: Task, job: Job) -> str:
    """Return the file that a task is meant for; the store may choose another."""
    return task.path or _path_of(job.path, job.name, task.url, task.fingerprint)


def part_of(task: Task, job: Job, owner: int) -> str:
    """Return the `.part` of a visit by a process."""
    return part_name(wanted_path(task, job), task.fingerprint, owner)


def left_by(task: Task, kind: Kind, job: Job, owner: int) -> list[str]:
    """Return the parts that a visit may have left: its own, and a kept one to be continued."""
    kept = [task.kept.part] if task.kept else []
    return [*kept, part_of(task, job, owner)] if kind in _BREAKS else kept


def sweep(files: Files, jobs: Mapping[str, Job], left: Iterable[tuple[Task, int]]) -> int:
    """Remove the parts that visits of (task, owner) left behind, but for parts to be continued.

    A robots.txt stays in memory; a job's path may even have no name for it.
    """
    visits = ((task, owner) for task, owner in left if task.job in jobs and not task.robots)
    removed = 0
    while some := list(islice(visits, _SWEPT_AT_ONCE)):
        names = [_part_left(task, jobs[task.job], owner) for task, owner in some]
        removed += files.discard([name for name in names if name])
    return removed


@lru_cache(maxsize=4096)
def _path_of(template: str, job: str, url: str, fingerprint: int) -> str:
    """Remember the paths of visits under way: each is asked for several times."""
    return naming.path_of(template, job, url, fingerprint, {})


def _part_left(task: Task, job: Job, owner: int) -> str | None:
    """Return the part that a visit may have left, but for one to be continued.

    None too where the path of the job is another by now and has no answer for its URL.
    """
    try:
        name = part_of(task, job, owner)
    except KeyError:
        return None
    return None if name == _kept(task) else name


def _kept(task: Task) -> str | None:
    return task.kept.part if task.kept else None
