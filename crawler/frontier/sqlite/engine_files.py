"""The embedded frontier's verbs about stored files; `sqlite` has the others."""

from collections.abc import Sequence

from crawler.frontier.sqlite.rows.transactions import Transactions
from crawler.frontier.sqlite.visits import files
from crawler.frontier.sqlite.visits import settling as visits
from crawler.model import Seconds
from crawler.records import StoredFile


class SqliteFiles:
    """The verbs of `FileVerbs`, on the file of the frontier that they are a part of."""

    _file: Transactions

    def claim(self, paths: Sequence[tuple[int, str, str]], owner: int | None = None) -> list[str]:
        return self._file.write(visits.claim, paths, owner)

    def stored(self, after: int) -> tuple[list[StoredFile], int | None]:
        return self._file.read(files.stored, after)

    def still(self, found: Sequence[StoredFile]) -> list[StoredFile]:
        return self._file.read(files.still, found)

    def revisit(self, found: Sequence[StoredFile], now: Seconds) -> int:
        return self._file.write(files.revisit, self._file.names, found, now)

    def unneeded(self, job: str, after: int) -> list[StoredFile]:
        return self._file.read(files.unneeded, job, after)

    def let_go(self, found: Sequence[StoredFile], now: Seconds) -> int:
        return self._file.write(files.let_go, self._file.names, found, now)

    def rename(self, file: StoredFile, path: str) -> bool:
        return self._file.write(files.rename, file, path)

    def unnamed(self, paths: Sequence[str], parts: Sequence[tuple[str, int]]) -> list[str]:
        return self._file.read(files.unnamed, paths, parts)
