"""Files that are reserved for visits before their bodies are written, at best one batch ahead."""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from crawler.fetch.jars import Jars
from crawler.frontier import Frontier
from crawler.frontier.outbox import NO_NOTICES, Notices
from crawler.model import Seconds, Visited
from crawler.policy.naming import suffixed
from crawler.records import HostRecord, Settlement


class Recorder(Protocol):
    """What makes events of settlements: `hooks.recorder.Recorder`."""

    def notices(self, settlements: Sequence[Settlement]) -> Notices:
        """Return what is to be recorded with settlements."""

    def noted(self, notices: Notices) -> None:
        """Note that these were recorded."""


class Reservations:
    """The files of one batch; those of the next are reserved when this one is recorded."""

    def __init__(self, frontier: Frontier, owner: int) -> None:
        self._frontier = frontier
        self._owner = owner
        self.jars = Jars()
        """The cookies that jobs keep."""
        self.took: Callable[[Seconds], None] = lambda _: None
        """Gets the seconds that each settlement took."""
        self.recorder: Recorder | None = None
        """Makes events of settlements, while a job has hooks."""
        self._paths: dict[int, str] = {}

    def files(
        self, choices: Sequence[tuple[int, str, int]], named: Collection[int] = ()
    ) -> list[str]:
        """Return the file of each (task, first choice, fingerprint), reserving what is not yet.

        Tasks of `named` keep theirs from now on, whatever a later answer says.

        Raises:
            LeaseLostError, LocalFaultError: nothing is reserved.
        """
        paths = self._paths
        if missing := {(task, path) for task, path, _ in choices} - paths.items():
            others = [
                (task, path, suffixed(path, fingerprint))
                for task, path, fingerprint in choices
                if (task, path) in missing
            ]
            claimed = self._frontier.claim(others, self._owner, fixed=named)
            paths |= {task: path for (task, *_), path in zip(others, claimed, strict=True)}
        return [paths[choice[0]] for choice in choices]

    def record(
        self,
        settlements: Sequence[Settlement],
        hosts: Sequence[HostRecord],
        coming: Iterable[Visited] = (),
    ) -> None:
        """Settle a batch, and reserve the files of those that come next, of which each is new.

        The ledger hears of cookies, too, that jobs are to keep.

        Raises:
            LeaseLostError, LocalFaultError: nothing is recorded.
        """
        claims = {one.task.id: one.wanted for one in filter(_is_new, coming)}
        notices = self.recorder.notices(settlements) if self.recorder else NO_NOTICES
        began = time.monotonic()
        news = self.jars.news()
        has = self._frontier.settle(
            self._owner, settlements, hosts, claims, notices=notices, cookies=news
        )
        self.jars.told(news)
        self.took(time.monotonic() - began)
        if self.recorder:
            self.recorder.noted(notices)
        self._paths = {task: claims[task] for task in has}


def has_body(visited: Visited) -> bool:
    """Tell whether a visit brought a body that is to be stored."""
    return (visited.content is not None or visited.part is not None) and not visited.task.robots


def _is_new(visited: Visited) -> bool:
    """Tell whether a body is to be stored of a task that has no file here yet."""
    if visited.named or not visited.wanted or not has_body(visited):
        return False
    return not (visited.task.digest and visited.task.here)
