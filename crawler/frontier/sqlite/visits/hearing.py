"""What a process hears of its operator, and that it has heard. Runs in the native thread."""

import sqlite3
from collections.abc import Collection

from crawler.frontier.sqlite.rows.procedures import lost_error
from crawler.frontier.sqlite.rows.wished import all_wishes, is_untold, note_heard, orders_for
from crawler.frontier.sqlite.rows.woken import woken_since
from crawler.frontier.wishes import Heard
from crawler.model import Seconds


def hear(db: sqlite3.Connection, owner: int, after: int) -> Heard:
    """Return what is wished, if that is something else than at the number `after`."""
    (number,) = db.execute("SELECT wishes FROM ledger").fetchone()
    if number == after:
        return Heard(number, None)
    orders = orders_for(db, owner)
    return Heard(number, all_wishes(db), woken_since(db, after), orders, is_untold(db))


def heed(
    db: sqlite3.Connection, owner: int, number: int, orders: Collection[int], now: Seconds
) -> None:
    """Note that a process has the wishes of a number in force, and has done as it was told.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    if not note_heard(db, owner, number, orders, now):
        raise lost_error()
