"""Where a task's body goes: one answer for the visit, the settler and the sweep."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
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
    if task.path:
        return task.path
    if task.extra and naming.bound_by_lists(job.path):
        return named_path(task, job, None)
    template = naming.typed(job.path, job.ext)
    return naming.path_of(template, job.name, task.url, task.fingerprint, {})


def named_path(task: Task, job: Job, answer: naming.Answer | None) -> str:
    """Return the file that a task without one is meant for by its first answer.

    Without an answer that is where its part lies.

    Raises:
        KeyError: no line of a list binds a value that the job's `path` uses.
    """
    names, extra = naming.bound_by_lists(job.path), task.extra or {}
    bound = {name: extra[name] for name in names}
    template = naming.typed(job.path, job.ext)
    return naming.path_of(template, job.name, task.url, task.fingerprint, bound, answer)


def is_from_answer(job: Job) -> bool:
    """Tell whether the files of a job's URLs are known only when their first answers are there."""
    return naming.is_from_answer(job.path, job.ext)


def part_of(task: Task, job: Job, owner: int) -> str:
    """Return the `.part` of a visit by a process."""
    return part_name(wanted_path(task, job), task.fingerprint, owner)


def left_by(task: Task, kind: Kind, job: Job, owner: int) -> list[str]:
    """Return the parts that a visit may have left: its own, and a kept one to be continued."""
    kept = [task.kept.part] if task.kept else []
    return [*kept, part_of(task, job, owner)] if kind in _BREAKS else kept


def may_leave_parts(task: Task, kind: Kind) -> bool:
    """Tell whether `left_by` returns any: most visits leave none."""
    return task.kept is not None or kind in _BREAKS


def sweep(files: Files, jobs: Mapping[str, Job], left: Iterable[tuple[Task, int]]) -> int:
    """Remove the parts that visits of (task, owner) left behind, but for parts to be continued.

    A robots.txt stays in memory; a job's path may even have no name for it.
    """
    visits = ((task, owner) for task, owner in left if task.job in jobs and not task.robots)
    removed = 0
    while some := list(islice(visits, _SWEPT_AT_ONCE)):
        names = [name for task, owner in some for name in parts_of(task, jobs[task.job], owner)]
        removed += files.discard(names)
    return removed


def parts_of(task: Task, job: Job, owner: int) -> list[str]:
    """Return the parts that a visit may have left, but for one to be continued.

    None where the path of the job is another by now and has no answer for its URL. A file that an
    answer has named may have got its name while the part lay where no answer puts it.
    """
    tasks = [task]
    if task.path and not task.digest and is_from_answer(job):
        tasks.append(replace(task, path=None))
    names = []
    for one in tasks:
        with suppress(KeyError):
            names.append(part_of(one, job, owner))
    return [name for name in names if name != _kept(task)]


def _kept(task: Task) -> str | None:
    return task.kept.part if task.kept else None
