"""Owners of hosts: processes come, renew their leases, leave or die."""

from collections.abc import Callable, Sequence

from crawler import __version__
from crawler.frontier.metrics import Totals
from crawler.frontier.process import Process
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.outbox.owning import free
from crawler.frontier.sql.procedures import lost_error
from crawler.frontier.sql.rows import addresses, leased, staging
from crawler.frontier.sql.rows.course import kept, look
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.identity import hold, identify, in_force, leave_text
from crawler.frontier.sql.rows.readiness import OWE_ALL, owed_rows, update_ready_at
from crawler.frontier.sql.rows.tasks import COLUMNS, task_of
from crawler.frontier.sql.rows.visited import TASKS
from crawler.frontier.sql.rows.wished import hand_on, void_orders
from crawler.frontier.sql.states import GUEST, LEASED, STARTING, WAITING
from crawler.frontier.sql.visits import counting
from crawler.frontier.values import (
    LEASE_S,
    Holder,
    Joined,
)
from crawler.model import Seconds, Task
from crawler.policy.course import Course, Reading
from crawler.records import HostRecord

LEASED_BY = f"FROM {TASKS} WHERE state = {LEASED} AND host IN (SELECT id FROM host WHERE owner = ?)"


def join(
    db: Connection,
    process: Process,
    read: Callable[[], Reading],
    holder: Holder | None,
    known: str,
    guest: bool,  # noqa: FBT001  an option
) -> tuple[Joined, Course]:
    """Admit a process as an owner; return what the ledger was until then, and the clock's course.

    Raises:
        HeldElsewhereError: a living process of a configuration of another name is an owner.
    """
    uid, before = identify(db, known), in_force(db)
    then = kept(db)
    course, now = look(db, read)
    owner = _own(db, process, now, holder, GUEST if guest else STARTING)
    return Joined(owner, uid, before, then.at, then.stepped), course


def _own(db: Connection, process: Process, now: Seconds, holder: Holder | None, state: str) -> int:
    name, config = (holder.name, holder.config) if holder else ("", "")
    if holder:
        hold(db, holder, now)
    which = (process.machine, process.pid, process.born)
    (owner,) = db.execute(
        "INSERT INTO process (machine, pid, born, started_at, lease_until, name, config, version, "
        "state, heard) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT wishes FROM ledger)) "
        "RETURNING id",
        (*which, now, now + LEASE_S, name, config, __version__, state),
    ).fetchone()
    return int(owner)


def renew(db: Connection, owner: int, now: Seconds) -> None:
    """Extend the leases of an owner, never to an earlier time.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    cursor = db.execute(
        "UPDATE process SET lease_until = max(lease_until, ?) WHERE id = ?", (now + LEASE_S, owner)
    )
    if not cursor.rowcount:
        raise lost_error()


def leave(
    file: Transactions, owner: int, hosts: Sequence[HostRecord], counted: Totals, now: Seconds
) -> list[Task]:
    """Give back all hosts and tasks of an owner; a task that was not visited keeps its attempts."""
    db, names = file.db, file.names
    staging.fill(db, **owed_rows(hosts))
    with file.locked():
        held = [host for (host,) in db.execute("SELECT id FROM host WHERE owner = ?", (owner,))]
        rows = db.execute(f"SELECT {COLUMNS} {LEASED_BY}", (owner,)).fetchall()
        db.execute(
            f"UPDATE task SET state = {WAITING}, attempt = attempt - 1 "
            f"WHERE id IN (SELECT id {LEASED_BY})",
            (owner,),
        )
        leased.end(db, owner)
        addresses.let_all_go(db, owner)
        for statement in OWE_ALL:
            db.execute(statement, {"owner": owner})
        db.execute("UPDATE host SET owner = NULL WHERE owner = ?", (owner,))
        update_ready_at(db, held, now)
        leave_text(db, owner)
        void_orders(db, owner)
        hand_on(db, owner)
        free(db, owner)
        counting.tell(db, owner, counted)
        counting.bury(db, owner)
        db.execute("DELETE FROM process WHERE id = ?", (owner,))
    return [task_of(row, names.job_name(db, row[-1] or row[2])) for row in rows]
