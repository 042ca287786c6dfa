"""The embedded frontier's verbs about lists; `sqlite` has the others."""

from collections.abc import Callable, Sequence

from crawler.frontier.list_values import (
    NewList,
    Pass,
    Portion,
    SourceState,
    Synced,
)
from crawler.frontier.sqlite.lists import passes, portions
from crawler.frontier.sqlite.rows.transactions import Transactions
from crawler.model import Seconds


class SqliteLists:
    """The verbs of `ListVerbs`, on the file of the frontier that they are a part of."""

    _file: Transactions
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
