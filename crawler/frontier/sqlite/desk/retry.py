"""`crawler retry`: what was given up is due again, and begins anew."""

from collections import Counter
from collections.abc import Sequence

from crawler.frontier.sqlite.desk.selection import Wanted, where
from crawler.frontier.sqlite.desk.slices import Row, in_slices
from crawler.frontier.sqlite.file.schema import DEAD, RETIRED, WAITING
from crawler.frontier.sqlite.file.statefile import Connection
from crawler.frontier.sqlite.rows.names import Names
from crawler.frontier.sqlite.rows.readiness import update_ready_at
from crawler.frontier.sqlite.rows.robots import ask_anew
from crawler.frontier.sqlite.rows.tasks import counted_as, tally
from crawler.model import Kind, Seconds
from crawler.urls import host_of

WELL = f"('{Kind.STORED}', '{Kind.UNCHANGED}')"
"""Kinds of a good end, for SQL."""


def retry(db: Connection, wanted: Wanted, now: Seconds, *, dry: bool = False) -> Counter[str]:
    """Make URLs due whose last visit was a bad end; return how many, by its kind.

    That is what was given up, and what a schedule would visit again later. They begin anew: with
    all their attempts, where they are listed. Jobs that the configuration no longer has are left.
    """
    condition, parameters = where(db, wanted)
    clause = (
        f"{condition} AND task.job IN (SELECT id FROM job WHERE active) AND (task.state = {DEAD} "
        f"OR task.state = {WAITING} AND ended NOT IN {WELL} AND due_at > ?)"
    )
    names = Names()
    return in_slices(
        db,
        clause,
        (*parameters, now),
        None if dry else lambda rows: begin_anew(db, names, rows, now, WAITING),
    )


def begin_anew(db: Connection, names: Names, rows: Sequence[Row], now: Seconds, state: int) -> None:
    """Have tasks wait, or be retired, as if they had never been visited; their history stays.

    Where a host was given up, the time that it has for an answer begins anew as well, and it is
    asked for its robots.txt.
    """
    sums: Counter[tuple[int, str]] = Counter()
    updates, hosts = [], set()
    for number, job, before, ended, url, host, *_ in rows:
        home = names.host_id(db, host_of(url), job)
        updates.append((state, now, home, number))
        hosts |= {host, home}
        sums.subtract(counted_as(job, before, ended))
        if state == RETIRED:
            sums[job, "retired"] += 1
    db.executemany(
        "UPDATE task SET state = ?, due_at = ?, host = ?, location = NULL, hops = 0, failures = 0, "
        "suspicion = 0, ended = NULL WHERE id = ?",
        updates,
    )
    tally(db, sums)
    db.executemany(
        "UPDATE host SET failing_since = ? WHERE id = ? AND silent AND owner IS NULL",
        [(now, host) for host in hosts],
    )
    ask_anew(db, hosts)
    update_ready_at(db, hosts, now)
