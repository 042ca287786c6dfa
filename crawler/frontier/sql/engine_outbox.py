"""Verbs about events for hooks; `engine` has the others."""

from collections.abc import Callable, Collection, Mapping, Sequence

from crawler.frontier.clock import Clock
from crawler.frontier.outbox import Event, HookTerms, Outlook, Told, Waiting
from crawler.frontier.sql.held import Held
from crawler.frontier.sql.outbox import clearing, putting, telling
from crawler.model import Seconds


class SqlOutbox:
    """The verbs of `OutboxVerbs`, on the file of the frontier that they are a part of."""

    _file: Held
    _clock: Clock
    now: Callable[[], Seconds]

    def _steady(self) -> Seconds:
        """Return the frontier's time without its steps."""
        return self.now() - self._clock.stepped

    def enlist(
        self, owner: int, hooks: Sequence[HookTerms], *, begins: bool = False
    ) -> list[HookTerms]:
        return self._file.write(putting.enlist, owner, hooks, begins=begins)

    def note(self, owner: int, events: Sequence[Event]) -> None:
        self._file.stage(putting.note, owner, events, self._steady())

    def outlook(self, hooks: Collection[int], jobs: Mapping[str, bool]) -> Outlook:
        return self._file.read(telling.outlook, hooks, jobs, self._steady())

    def take(self, owner: int, hook: int, number: int) -> list[Waiting]:
        return self._file.write(telling.take, owner, hook, number, self._steady())

    def told(self, owner: int, hook: int, told: Told) -> None:
        self._file.write(telling.told, owner, hook, told, self._steady())

    def trim(self, owner: int, hook: int, most: int) -> int:
        return self._file.write(clearing.trim, owner, hook, most)

    def drop(self, owner: int, hook: int) -> int:
        return self._file.write(clearing.drop, owner, hook)

    def close_job(self, owner: int, job: str, events: Sequence[Event], *, scheduled: bool) -> bool:
        given = (self._file.names, owner, job, events, self._steady())
        return self._file.stage(telling.close_job, *given, scheduled=scheduled)
