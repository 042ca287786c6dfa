"""The copier: every table in pages, and then a look at whether both ends have the same rows."""

from collections.abc import Callable, Iterator

from crawler.errors import StateError
from crawler.frontier.copying.digest import Digest
from crawler.frontier.copying.ends import Copy, Origin, Position, Rows
from crawler.frontier.copying.tables import Key, Row, Table, tables

FIRST_ROWS, MAX_ROWS = 100, 10_000
"""Rows of the first page of a table, and of any."""
PAGE_CHARACTERS = 4_000_000
"""What the rows of a page come to, about: robots.txt has rows of half a megabyte."""
Told = Callable[[str, int], None]
"""Gets the name of a table and how many rows of it were just copied, or compared."""


class Copier:
    """Copies one ledger; what an earlier one has copied, and is still so, stays.

    Memory is bounded by a page, whatever the number of rows.
    """

    def __init__(self, origin: Origin, copy: Copy, told: Told = lambda *_: None) -> None:
        self._origin = origin
        self._copy = copy
        self._told = told

    def run(self) -> dict[str, Digest]:
        """Copy all tables, compare them, and finish the copy; return what each table holds.

        Raises:
            StateError: a table is not what it was copied from; it begins anew next time.
        """
        self._copy.begin(self._origin.uid())
        copied = {table: self._table(table) for table in tables()}
        for table, digest in copied.items():
            self._compare(table, digest)
        self._copy.finish(self._origin.numbers())
        return {table.name: digest for table, digest in copied.items()}

    def _table(self, table: Table) -> Digest:
        """Copy what is left of a table; return the digest of all of it."""
        after, digest = self._kept(table)
        for given in _pages(self._origin, table, after, digest):
            before = digest.rows
            rows = digest.add(given)
            self._copy.put(table, rows, Position(table.key_of(given[-1]), digest))
            self._told(table.name, digest.rows - before)
        return digest

    def _kept(self, table: Table) -> tuple[Key | None, Digest]:
        """Return where to go on; if the origin is another one by now the table begins anew."""
        found = self._copy.position(table)
        if found is None:
            return None, Digest()
        digest, left = Digest(), found.digest.rows
        for rows in _pages(self._origin, table, None, digest):
            digest.add(rows[: left - digest.rows])
            self._told(table.name, len(rows))
            if digest.rows == left:
                break
        if digest == found.digest:
            return found.after, digest
        self._copy.clear(table)
        return None, Digest()

    def _compare(self, table: Table, wanted: Digest) -> None:
        found = Digest()
        for rows in _pages(self._copy, table, None, found):
            found.add(rows)
            self._told(table.name, len(rows))
        if found != wanted:
            self._copy.clear(table)
            raise StateError(
                f"the table {table.name} has {found.rows:,} rows in the copy that are not the "
                f"{wanted.rows:,} of the ledger; said again, the verb copies it anew"
            )


def _pages(rows: Rows, table: Table, after: Key | None, digest: Digest) -> Iterator[list[Row]]:
    """Yield the rows of a table in pages, as long as `digest`, which gets them, says they are."""
    number = FIRST_ROWS
    while page := rows.page(table, after, number):
        before = digest.read
        yield page
        after = table.key_of(page[-1])
        mean = max(1, digest.read - before) / len(page)
        number = max(1, min(MAX_ROWS, 4 * number, int(PAGE_CHARACTERS / mean)))
