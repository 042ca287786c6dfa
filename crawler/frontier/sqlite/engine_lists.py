"""The embedded frontier's verbs about lists; `sqlite` has the others."""

from collections.abc import Callable, Sequence

from crawler.frontier.list_values import (
    KnownChunk,
    NewList,
    Pass,
    ReadChunk,
    SourceState,
    Synced,
)
from crawler.frontier.sqlite.lists import chunks as lists
from crawler.frontier.sqlite.lists import meaning, passes
from crawler.frontier.sqlite.rows.transactions import Transactions
from crawler.frontier.values import Filed, Said
from crawler.model import Seconds


class SqliteLists:
    """The verbs of `ListVerbs`, on the file of the frontier that they are a part of."""

    _file: Transactions
    now: Callable[[], Seconds]

    def fingerprints(self, source: int, anchor: int) -> list[int]:
        return self._file.read(lists.fingerprints, source, anchor)

    def sources(self, job: str) -> dict[str, SourceState]:
        return self._file.read(lists.sources, job)

    def chunks(self, source: int) -> dict[int, KnownChunk]:
        return self._file.read(lists.chunks, source)

    def begin_pass(self, owner: int, job: str, source: str) -> Pass | None:
        return self._file.write(passes.begin_pass, self._file.names, owner, job, source)

    def put(self, one: Pass, read: Sequence[ReadChunk]) -> Synced:
        return self._file.write(passes.put, self._file.names, one, read, self.now())

    def new_jobs(self, jobs: Sequence[str]) -> list[str]:
        return self._file.read(passes.new_jobs, jobs)

    def take_in(self, owner: int, lists: Sequence[NewList]) -> list[Synced | None]:
        return self._file.write(passes.take_in, self._file.names, owner, lists, self.now())

    def drop(self, one: Pass, anchors: Sequence[int] = ()) -> bool:
        return self._file.write(passes.drop, one, anchors)

    def end_pass(self, one: Pass, read: SourceState | None) -> None:
        self._file.write(passes.end_pass, one, read, self.now())

    def meanings(self) -> dict[str, str]:
        return self._file.read(meaning.meanings)

    def filed(self, job: str, after: int) -> Filed:
        return self._file.read(meaning.filed, job, after)

    def said(self, task: int) -> Said:
        return self._file.read(meaning.said, task)
