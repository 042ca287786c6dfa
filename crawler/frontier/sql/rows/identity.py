"""What tells a ledger, and the configuration that holds it, from others.

A ledger is held by one configuration, by its `crawler.name`. Its newest text wins: each job has the
digest of its meaning in that text, and a process leases only the jobs that mean the same to it.
"""

from secrets import token_hex

from crawler.errors import HeldElsewhereError
from crawler.frontier.process import Process, current
from crawler.frontier.sql.connection import Connection, Cursor
from crawler.frontier.sql.states import ROBOTS_JOB
from crawler.frontier.values import Holder, InForce
from crawler.model import Seconds

_IDENTIFY = """
UPDATE ledger SET uid = ? WHERE uid = ''"""
_OTHERS = """
SELECT machine, pid, born, lease_until, name, config FROM process WHERE name NOT IN ('', ?)"""
_NEWER = """
UPDATE ledger SET generation = generation + 1, digest = :digest
WHERE digest != :digest OR :digest = ''"""
_ON_AN_OLDER_TEXT = """
SELECT 1 FROM process JOIN ledger ON process.name = ledger.name AND process.digest != ledger.digest
WHERE process.id = ? AND process.digest != ''"""


def identify(db: Connection, known: str) -> str:
    """Return the ledger's id; one that has none yet gets `known`, or a new one where that is ''."""
    db.execute(_IDENTIFY, (known or token_hex(16),))
    (uid,) = db.execute("SELECT uid FROM ledger").fetchone()
    return str(uid)


def hold(db: Connection, holder: Holder, now: Seconds) -> None:
    """Have a configuration hold the ledger.

    Raises:
        HeldElsewhereError: a living process of another configuration holds it.
    """
    name = holder.name
    others = [] if holder.take_over else _living_others(db, name, now)
    if others:
        raise HeldElsewhereError(
            f"the ledger is held by the configuration {others[0][1]!r}, and this one is {name!r}: "
            f"{'; '.join(words for words, _ in others)}. Stop them, set crawler.name to the same "
            "name if both are one, or crawler.state to another file; `crawler run --take-over` has "
            "this one hold the ledger, and ends those"
        )
    db.execute("UPDATE ledger SET name = ?", (name,))


def _living_others(db: Connection, name: str, now: Seconds) -> list[tuple[str, str]]:
    """Return the living processes of other configurations: a clause about each, and whose it is."""
    machine, found = current().machine, []
    for *which, until, other, config in db.execute(_OTHERS, (name,)):
        process = Process(*which)
        if process.may_live(machine, until, now):
            found.append((f"process {process.pid} runs {config or other}", other))
    return found


def begin_text(db: Connection, owner: int, digest: str) -> None:
    """Note the text of the configuration that a process puts in force now; it is the newest."""
    db.execute(_NEWER, {"digest": digest})
    db.execute("UPDATE process SET digest = ? WHERE id = ?", (digest, owner))


def in_force(db: Connection) -> InForce:
    """Return which configuration holds the ledger, and what its newest text is."""
    return in_force_from(ask_in_force(db))


def ask_in_force(db: Connection) -> tuple[Cursor, Cursor]:
    """Ask for that, and for its jobs."""
    text = db.execute("SELECT name, generation, digest FROM ledger")
    jobs = db.execute("SELECT name, digest FROM job WHERE active AND id != ?", (ROBOTS_JOB,))
    return text, jobs


def in_force_from(asked: tuple[Cursor, Cursor]) -> InForce:
    """Return what was asked for."""
    text, jobs = asked
    name, generation, digest = text.fetchone()
    return InForce(name, generation, digest, dict(jobs.fetchall()))


def leave_text(db: Connection, owner: int) -> None:
    """Have due times be computed anew where a process ends that had an older text in force."""
    if db.execute(_ON_AN_OLDER_TEXT, (owner,)).fetchone():
        db.execute(
            "UPDATE job SET schedule = 'of an older text' WHERE schedule != '' AND id != ?",
            (ROBOTS_JOB,),
        )
