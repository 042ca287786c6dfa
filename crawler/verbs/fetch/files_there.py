"""Files that are there before a run: whether their URLs are asked for, and how."""

import time
from dataclasses import replace
from email.utils import formatdate

from crawler.config import Job
from crawler.model import Kind, Outcome, Seconds, Task, Validators
from crawler.store import Files, wanted_path
from crawler.verbs.fetch.destination import REMEDY, Present


class FilesThere:
    """Looks for the file of each visit, before it begins.

    What has changed since this was made is the run's own: two URLs may want one name. The clock of
    a file system is behind ours by less than it takes to open a ledger.
    """

    def __init__(self, present: Present) -> None:
        self._present = present
        self._began_at = time.time()

    def objection(self, files: Files, task: Task, job: Job) -> Outcome | None:
        """Return how a visit ends that is not to be made, for its file is there."""
        path = wanted_path(task, job)
        found = files.times(path)
        if found is None or found[1] >= self._began_at:
            return None
        if self._present is Present.SKIP:
            return Outcome(Kind.UNCHANGED, path=path, reason="there already", asked=False)
        if self._present is Present.REFUSE:
            reason = f"{path} is there already: {REMEDY}"
            return Outcome(Kind.LOCAL_IO, reason=reason, asked=False, final=True)
        return None

    def asked(self, files: Files, task: Task, job: Job) -> Task:
        """Return the task of a visit that asks whether the file that is there has changed."""
        path = wanted_path(task, job)
        if self._present is not Present.ASK or (task.stored and task.path) or task.kept:
            return task  # without a path they are of the condition with which a visit has failed
        found = files.times(path)
        if found is None or found[1] >= self._began_at:
            return task
        return conditional(task, path, found[0])


def conditional(task: Task, path: str, modified: Seconds) -> Task:
    """Return a task with If-Modified-Since the time of a file (RFC 9110, section 13.1.3). Pure."""
    since = formatdate(modified, usegmt=True)
    return replace(task, path=path, stored=Validators(last_modified=since))
