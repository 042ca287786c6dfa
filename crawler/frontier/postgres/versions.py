"""What is in the schema of a ledger: how new its tables are, and whether it is to be used."""

from crawler.errors import OlderLedgerError, StateError
from crawler.frontier.copying import ends, marks
from crawler.frontier.postgres.connection import Connection
from crawler.frontier.process import Process
from crawler.frontier.sql.tables.ledger import VERSION
from crawler.state_address import StateServer

_OURS = "SELECT version = %s AND to_regclass('moved') IS NULL FROM gate"
_NOW = "SELECT extract(epoch FROM clock_timestamp())::double precision"


def has_table(db: Connection, name: str) -> bool:
    """Tell whether the schema of a ledger has a table."""
    row = db.server.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchone()
    return bool(row and row[0])


def version_of(db: Connection) -> int | None:
    """Return how new the tables are; None where there are none."""
    if not has_table(db, "gate"):
        return None
    found = db.server.execute("SELECT version FROM gate").fetchone()
    return int(found[0]) if found else 0


def living(db: Connection) -> list[Process]:
    """Return the processes that work on a ledger; one of another machine while its lease holds."""
    (now,) = db.server.execute(_NOW).fetchone() or (0.0,)
    return ends.living(db, now)


def is_ours(db: Connection) -> bool:
    """Tell whether the ledger is here, and as new as this crawler: no older one, no newer one."""
    row = db.server.execute(_OURS, [VERSION]).fetchone()
    return bool(row and row[0])


def check_here(db: Connection, server: StateServer) -> None:
    """See that the ledger was not moved elsewhere, before something is written.

    Raises:
        StateError: it was.
    """
    if has_table(db, marks.MOVED):
        raise marks.moved_error(server, marks.place_of(db))


def check_usable(db: Connection, server: StateServer, version: int | None) -> None:
    """See that a ledger of a version is one, whole, and as new as this crawler.

    Raises:
        StateError: it is not; OlderLedgerError where a migration helps.
    """
    if has_table(db, marks.COPYING):
        raise marks.unfinished_error(server)
    if version is None:
        raise StateError(
            f"{server} holds no ledger. A daemon makes it when it starts; if one has run, look for "
            "its `crawler.state` elsewhere"
        )
    if version < VERSION:
        pids = ", ".join(str(one.pid) for one in living(db))
        raise OlderLedgerError(
            f"{server} was written by an older crawler (schema {version}, this one needs "
            f"{VERSION}): `crawler migrate`, or the start of a daemon, brings it to that"
            + (f"; processes of it still work on it: {pids}. TERM ends them" if pids else "")
        )
    if version > VERSION:
        raise StateError(
            f"{server} was written by a newer crawler (schema {version}, this one knows "
            f"{VERSION}); use the `crawler` of that version"
        )
