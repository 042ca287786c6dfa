"""What a process hears of its operator, and that it has heard. Runs in the native thread."""

import sqlite3

from crawler.frontier.sqlite.rows.procedures import lost_error
from crawler.frontier.sqlite.rows.wished import all_wishes
from crawler.frontier.sqlite.rows.woken import woken_since
from crawler.frontier.wishes import Heard


def hear(db: sqlite3.Connection, _: int, after: int) -> Heard:
    """Return the wishes that stand, if they are others than those of the number `after`."""
    (number,) = db.execute("SELECT wishes FROM ledger").fetchone()
    if number == after:
        return Heard(number, None)
    return Heard(number, all_wishes(db), woken_since(db, after))


def heed(db: sqlite3.Connection, owner: int, number: int) -> None:
    """Note that a process has the wishes of a number in force.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    if not db.execute("UPDATE process SET heard = ? WHERE id = ?", (number, owner)).rowcount:
        raise lost_error()
