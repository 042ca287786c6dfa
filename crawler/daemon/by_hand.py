"""What a run that somebody started by hand has beside a daemon: `crawler fetch`."""

from collections.abc import Callable
from typing import Protocol

from crawler.config import Job
from crawler.model import Outcome, Task
from crawler.policy.proxies import Proxies
from crawler.records import Settlement
from crawler.store import Files
from crawler.value import value


class FilesThere(Protocol):
    """Judges a visit by the file that is there: `verbs.fetch.files_there`."""

    def objection(self, files: Files, task: Task, job: Job) -> Outcome | None:
        """Return how a visit ends that is not to be made, None if it is."""

    def asked(self, files: Files, task: Task, job: Job) -> Task:
        """Return the task as its visit asks for it."""


@value
class ByHand:
    """The wishes of whoever started the run; without them it is a daemon's."""

    on_visit: Callable[[Settlement], None] | None = None
    """Gets settled visits to URLs instead of the log."""
    files_there: FilesThere | None = None
    """Judges visits whose files are there before them."""
    proxies: Proxies | None = None
    """For jobs that name none."""
    checks: str = ""
    """What every body has to be (`policy.checksums`)."""
