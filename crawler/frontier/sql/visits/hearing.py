"""What a process hears of its operator, and that it has heard."""

from collections.abc import Collection

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.procedures import lost_error
from crawler.frontier.sql.rows.wished import all_wishes, is_untold, note_heard, orders_for
from crawler.frontier.sql.rows.woken import woken_since
from crawler.frontier.wishes import Heard
from crawler.model import Seconds

_NEWS = """
SELECT wishes, ifnull((SELECT at FROM looked), 0.0), EXISTS (SELECT 1 FROM process WHERE id = ?)
FROM ledger"""


def hear(db: Connection, owner: int, after: int) -> Heard:
    """Return what is wished, if that is something else than at the number `after`.

    Who hears goes on with the hosts in memory: after a sleep these may be another process's.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    number, looked_at, is_owner = db.execute(_NEWS, (owner,)).fetchone()
    if not is_owner:
        raise lost_error()
    if number == after:
        return Heard(number, None, looked_at=looked_at)
    woken, orders = woken_since(db, after), orders_for(db, owner)
    return Heard(number, all_wishes(db), woken, orders, is_untold(db), looked_at)


def heed(db: Connection, owner: int, number: int, orders: Collection[int], now: Seconds) -> None:
    """Note that a process has the wishes of a number in force, and has done as it was told.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    if not note_heard(db, owner, number, orders, now):
        raise lost_error()
