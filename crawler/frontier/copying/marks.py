"""The marks of ledgers that nobody may use: a copy that is not whole yet, and one that was moved.

Each is a table that a ledger has for as long: `copying` says of which ledger this is the copy, and
how far each table is copied; `moved` says where the ledger is now.
"""

from crawler.errors import StateError
from crawler.frontier.copying.ends import Position
from crawler.frontier.copying.tables import Table
from crawler.frontier.sql.connection import Connection

COPYING, MOVED = "copying", "moved"
"""The names of these tables."""


def unfinished_error(place: object) -> StateError:
    """Return the error about a copy that is not whole."""
    return StateError(
        f"{place} is the copy of a ledger, and it is not whole yet: `crawler move FROM TO`, said "
        "again, goes on; without that ledger, remove it"
    )


def moved_error(place: object, target: str) -> StateError:
    """Return the error about a ledger that goes on elsewhere."""
    return StateError(
        f"{place} was moved to {target}: name that as crawler.state. If that is lost, or shall not "
        "go on, `crawler move --undo FROM` has this one go on from where it was"
    )


def begin_copy(db: Connection, uid: str) -> None:
    """Mark a ledger that is being made as the copy of another one."""
    db.execute("CREATE TABLE copying (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    db.execute("INSERT INTO copying VALUES ('', ?)", (uid,))


def copied_uid(db: Connection) -> str:
    """Return of which ledger this is a copy."""
    return str(db.execute("SELECT value FROM copying WHERE name = ''").fetchone()[0])


def position(db: Connection, table: Table) -> Position | None:
    """Return how far a table is copied."""
    row = db.execute("SELECT value FROM copying WHERE name = ?", (table.name,)).fetchone()
    return Position.of(row[0]) if row else None


def note(db: Connection, table: Table, at: Position) -> None:
    """Note how far a table is copied."""
    db.execute(
        "INSERT INTO copying VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (table.name, at.text()),
    )


def clear(db: Connection, table: Table) -> None:
    """Have a table begin anew."""
    db.execute(f"DELETE FROM {table.name}")
    db.execute("DELETE FROM copying WHERE name = ?", (table.name,))


def end_copy(db: Connection) -> None:
    """Have a copy be a ledger."""
    db.execute("DROP TABLE copying")


def retire(db: Connection, place: str) -> None:
    """Mark a ledger as moved."""
    db.execute("DROP TABLE IF EXISTS moved")
    db.execute("CREATE TABLE moved (place TEXT NOT NULL)")
    db.execute("INSERT INTO moved VALUES (?)", (place,))


def bring_back(db: Connection, uid: str) -> None:
    """Have a ledger that was moved go on; it has another id, as it is another ledger by now."""
    db.execute("DROP TABLE moved")
    db.execute("UPDATE ledger SET uid = ?", (uid,))


def place_of(db: Connection) -> str:
    """Return where a ledger was moved to."""
    return str(db.execute("SELECT place FROM moved").fetchone()[0])
