"""`crawler backup` of a server's ledger: a state file of one moment; daemons go on meanwhile."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from crawler.frontier.copying import ends
from crawler.frontier.copying.copier import Copier
from crawler.frontier.copying.tables import Key, Row, Table
from crawler.frontier.postgres.origin import snapshot
from crawler.frontier.sqlite import copying as file
from crawler.frontier.sqlite.file.backup import Part
from crawler.state_address import StateServer
from crawler.threads import Native


def backup(server: StateServer, target: Path, *, force: bool = False) -> int:
    """Write a consistent copy, whole or not at all, and return its length."""
    part = Part(target, force=force)
    with Native(1) as native, ExitStack() as stack:
        stack.callback(native.call, part.remove)
        native.call(part.make)
        with snapshot(server) as source, _Aside(native, part.file) as copy:
            Copier(source, copy).run()
            copy.release()
        return native.call(part.put)


class _Aside:
    """The file of a backup, which a native thread writes: the event loop goes on."""

    def __init__(self, native: Native, part: Path) -> None:
        self._call = native.call
        self._opened = file.copy(part)

    def __enter__(self) -> Self:
        self._copy = self._call(self._opened.__enter__)
        return self

    def __exit__(self, *error: object) -> None:
        self._call(self._opened.__exit__, *error)  # type: ignore[arg-type]

    def is_released(self, uid: str) -> bool:
        return self._call(self._copy.is_released, uid)

    def begin(self, uid: str) -> None:
        self._call(self._copy.begin, uid)

    def page(self, table: Table, after: Key | None, number: int) -> list[Row]:
        return self._call(self._copy.page, table, after, number)

    def position(self, table: Table) -> ends.Position | None:
        return self._call(self._copy.position, table)

    def put(self, table: Table, rows: Sequence[Row], position: ends.Position) -> None:
        self._call(self._copy.put, table, rows, position)

    def clear(self, table: Table) -> None:
        self._call(self._copy.clear, table)

    def finish(self, numbers: Mapping[str, int]) -> None:
        self._call(self._copy.finish, numbers)

    def release(self) -> None:
        self._call(self._copy.release)
