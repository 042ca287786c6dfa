"""Verbs about lists; `engine` has the others."""

from collections.abc import Callable, Sequence

from crawler.frontier.list_values import (
    NewList,
    Pass,
    Portion,
    SourceState,
    Synced,
)
from crawler.frontier.sql.held import Held
from crawler.frontier.sql.lists import passes, portions
from crawler.model import Seconds


class SqlLists:
    """The verbs of `ListVerbs`, on the file of the frontier that they are a part of."""

    _file: Held
    now: Callable[[], Seconds]

    def begin_pass(self, owner: int, job: str, source: str) -> Pass | None:
        return self._file.write(passes.begin_pass, self._file.names, owner, job, source)

    def put(self, owner: int, read: Sequence[Portion | NewList]) -> list[Synced | None]:
        return self._file.stage(portions.put, owner, read, self.now())

    def end_pass(
        self,
        one: Pass,
        read: SourceState | None,
        gone: Sequence[int] | None = None,
        after: int = 0,
    ) -> int | None:
        return self._file.write(passes.end_pass, one, read, self.now(), gone, after)
