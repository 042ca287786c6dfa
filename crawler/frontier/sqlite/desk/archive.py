"""The ledger that `crawler fetch --archive` keeps from run to run."""

from collections.abc import Iterator, Sequence

from crawler.frontier.sqlite.desk.entries import Entry
from crawler.frontier.sqlite.desk.retry import WELL, begin_anew
from crawler.frontier.sqlite.desk.selection import Wanted, pages
from crawler.frontier.sqlite.desk.slices import Row, in_slices, one_slice
from crawler.frontier.sqlite.file.schema import DEAD, RETIRED, ROBOTS_JOB, WAITING
from crawler.frontier.sqlite.file.statefile import Connection
from crawler.frontier.sqlite.rows.names import Names
from crawler.model import Seconds


def begin_archive(db: Connection, now: Seconds) -> None:
    """Let a new run begin: nothing is listed yet, and what failed is retired until it is listed."""
    names = Names()
    with one_slice(db):
        for table in ("chunk", "dropped", "source", "unlisted"):
            db.execute(f"DELETE FROM {table}")
    failed = f"task.state = {RETIRED} AND ended NOT IN {WELL}"
    clause = f"task.job != {ROBOTS_JOB} AND (task.state IN ({WAITING}, {DEAD}) OR {failed})"
    in_slices(db, clause, (), lambda rows: begin_anew(db, names, rows, now, RETIRED))
    in_slices(db, f"task.job != {ROBOTS_JOB} AND listed != 0", (), lambda rows: _unlist(db, rows))


def _unlist(db: Connection, rows: Sequence[Row]) -> None:
    db.executemany("UPDATE task SET listed = 0 WHERE id = ?", [(row[0],) for row in rows])


def stored_by(db: Connection, until: Seconds) -> Iterator[list[Entry]]:
    """Yield what is listed now and was stored before this run."""
    for page in pages(db, Wanted(states=("done",))):
        yield [one for one in page if one.listed > 0 and (one.finished_at or 0.0) < until]
