"""A ledger on a server that is being made, as the copy of another one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial

from crawler.errors import UsageError
from crawler.frontier.copying import ends, marks
from crawler.frontier.copying.tables import Key, Row, Table, tables, without_rows
from crawler.frontier.postgres.connection import Connection
from crawler.frontier.postgres.faults import told
from crawler.frontier.postgres.opening import making, session
from crawler.frontier.postgres.origin import BY_KEY, configure, sequences
from crawler.frontier.postgres.schema import FLAGS
from crawler.frontier.postgres.schema import tables as statements
from crawler.frontier.postgres.versions import has_table
from crawler.frontier.postgres.waiting import ENDLESS
from crawler.state_address import StateServer

_ALONE = {"statement_timeout": "0", "synchronous_commit": "off"}
"""Settings of a session that makes a copy: nobody waits for it, and an index takes its time."""
_SET = """
SELECT setval(%s, greatest(last, 1), last > 0)
FROM (SELECT greatest(%s, max(id), 0) AS last FROM {}) AS given"""


@contextmanager
def copy(server: StateServer) -> Iterator["ServerCopy"]:
    """Open the schema of a copy, which may not be there yet.

    Raises:
        StateError, LocalFaultError: it cannot be written.
    """
    db = session(server, ENDLESS)
    with closing(db.server):
        yield ServerCopy(server, db)


class ServerCopy:
    """A ledger on a server that is being made. Nothing waits for its disk before it is released."""

    def __init__(self, server: StateServer, db: Connection) -> None:
        self._server = server
        self._db = db
        self._told = partial(told, server)
        self._begin, self._end = without_rows(statements())

    def is_released(self, uid: str) -> bool:
        with self._told():
            if not has_table(self._db, "ledger") or has_table(self._db, marks.COPYING):
                return False
            return ends.uid(self._db) == uid

    def begin(self, uid: str) -> None:
        with self._told():
            configure(self._db, _ALONE | BY_KEY)
            with making(self._db, self._server) as is_new:
                if not is_new:
                    self._check(uid)
                    return
                for statement in self._begin:
                    self._db.server.execute(statement)
                marks.begin_copy(self._db, uid)

    def _check(self, uid: str) -> None:
        if not has_table(self._db, marks.COPYING):
            raise UsageError(
                f"{self._server} has a ledger already: name a database or a schema that has none"
            )
        if marks.copied_uid(self._db) != uid:
            raise marks.unfinished_error(self._server)

    def page(self, table: Table, after: Key | None, number: int) -> list[Row]:
        with self._told():
            return ends.page(self._db, table, after, number, FLAGS)

    def position(self, table: Table) -> ends.Position | None:
        with self._told():
            return marks.position(self._db, table)

    def put(self, table: Table, rows: Sequence[Row], position: ends.Position) -> None:
        cursor = self._db.server.cursor()
        columns = ", ".join(table.columns)
        with self._told(), self._db.server.transaction():
            with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)
            marks.note(self._db, table, position)

    def clear(self, table: Table) -> None:
        with self._told(), self._db.server.transaction():
            marks.clear(self._db, table)

    def finish(self, numbers: Mapping[str, int]) -> None:
        with self._told():
            for statement in self._end:
                self._db.server.execute(statement)
            for table, sequence in sequences(self._db):
                last = [sequence, numbers.get(table.name, 0)]
                self._db.server.execute(_SET.format(table.name), last)
            for table in tables():
                self._db.server.execute(f"ANALYZE {table.name}")

    def release(self) -> None:
        with self._told():
            self._db.server.execute("RESET synchronous_commit")
            marks.end_copy(self._db)
