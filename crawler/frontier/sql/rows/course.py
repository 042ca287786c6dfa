"""The course of the frontier's clock, as the ledger has it."""

from collections.abc import Callable

from crawler.frontier.sql.connection import Connection
from crawler.frontier.values import LEASE_S
from crawler.model import Seconds
from crawler.policy.course import Course, Reading, looked

COLUMNS = 'boot, "offset", at, stepped, settled, doubted, doubted_since, ahead'
_KEPT = f"SELECT {COLUMNS} FROM clock"
LASTING = frozenset({
    "answered_at", "failed_until", "put_off_until", "turn_at", "failing_since", "refused_since",
    "well_at", "first_failed_at",
})  # fmt: skip
"""Columns of hosts, and of addresses, that are kept without the steps of the clock."""
STEPPED = "(SELECT stepped FROM clock)"
"""What is added to such a column for the frontier's time; for SQL."""


def course_of(row: tuple[object, ...]) -> Course:
    """Return the course in a row of COLUMNS."""
    boot, offset, at, stepped, settled, doubted, since, ahead = row
    return Course(
        boot, offset, at, stepped, bool(settled), doubted, since, bool(ahead)  # type: ignore[arg-type]
    )  # fmt: skip


def kept(db: Connection) -> Course:
    """Return the course that the ledger has."""
    return course_of(db.execute(_KEPT).fetchone())


def heard(db: Connection, read: Callable[[], Reading]) -> Course:
    """Return the course by which a process goes that only reads."""
    course, reading = kept(db), read()
    return course if course.boot == reading.boot != "" else looked(course, reading)


def look(db: Connection, read: Callable[[], Reading]) -> tuple[Course, Seconds]:
    """Look at the clocks, and note the course; return it with the time."""
    asked = db.execute(_KEPT)
    reading = read()
    before = course_of(asked.fetchone())
    course = looked(before, reading)
    now = reading.steady + course.offset
    db.execute(
        f"UPDATE clock SET ({COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            course.boot, course.offset, course.at, course.stepped, course.settled, course.doubted,
            course.doubted_since, course.ahead,
        ),
    )  # fmt: skip
    if course.stepped < before.stepped:
        db.execute("UPDATE process SET lease_until = min(lease_until, ?)", (now + LEASE_S,))
    return course, now


def brought_back(db: Connection) -> None:
    """Note that nothing is left in the future since the clock went back."""
    db.execute("UPDATE clock SET ahead = FALSE WHERE ahead")
