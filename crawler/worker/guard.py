"""One bad item ends itself: the exception of a step that is about one task belongs to that task."""

from collections.abc import Callable, Iterable
from typing import ParamSpec, Protocol, TypeVar

from crawler.errors import CrawlerError
from crawler.log import Log
from crawler.model import Task
from crawler.rounds import ROUNDS

MACHINE = (CrawlerError, OSError, MemoryError)
"""What is about the ledger or this machine, and about no task."""

AT_ONCE = 16
"""Steps that are taken before it is asked whether the other greenlets should have a turn."""

P = ParamSpec("P")
T = TypeVar("T")


class OfTask(Protocol):
    """Something that is about one task: the end of a visit, or its settlement."""

    @property
    def task(self) -> Task: ...


I = TypeVar("I", bound=OfTask)  # noqa: E741  an item


class Guard:
    """Takes steps for single tasks of a batch; one that fails is logged, and the others go on."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def step(self, task: Task, step: Callable[P, T], *args: P.args, **kw: P.kwargs) -> T | None:
        """Take a step, and return what it returns; None where it failed.

        Raises:
            CrawlerError, OSError, MemoryError: they concern the whole batch.
        """
        try:
            return step(*args, **kw)
        except MACHINE:
            raise
        except Exception as error:  # noqa: BLE001  a bug is an outcome too
            self.note(task, error)
            return None

    def each(self, step: Callable[[I], T], items: Iterable[I]) -> list[T | None]:
        """Take a step for each item, and return what the steps return; None where one failed.

        Others run now and then, so that the hub is not held up by a long batch.

        Raises:
            CrawlerError, OSError, MemoryError: they concern the whole batch.
        """
        results: list[T | None] = []
        for at, item in enumerate(items):
            if at and at % AT_ONCE == 0:
                ROUNDS.pause()
            try:
                results.append(step(item))
            except MACHINE:
                raise
            except Exception as error:  # noqa: BLE001  a bug is an outcome too
                self.note(item.task, error)
                results.append(None)
        return results

    def note(self, task: Task, error: Exception) -> None:
        """Log a fault of ours that a task has met."""
        self._log.error("visit.bug", url=task.url, exc_info=error)
