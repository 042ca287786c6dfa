"""Waiting for other processes to let the state file go. Runs in the native thread."""

import sqlite3
import time

from gevent.monkey import get_original

from crawler.frontier.sql.held import Patience

FIRST_WAIT_S, LATER_WAIT_S = 0.0005, 0.005
"""First and longest step, in seconds, of waiting for its end."""
_sleep = get_original("time", "sleep")  # in a native thread there is no hub to sleep on


def begin(db: sqlite3.Connection, patience: Patience, *, write: bool) -> None:
    """Begin a transaction as soon as other processes allow it.

    SQLite's own waiting grows to steps of 100 ms, which is dozens of transactions of another
    process: a process that waits would starve. Ours stays near the length of one.
    """
    began, step = time.monotonic(), FIRST_WAIT_S
    while True:
        try:
            (_begin_write if write else _begin_read)(db)
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or patience.is_over(began, time.monotonic()):
                raise
            if db.in_transaction:
                db.execute("ROLLBACK")
        else:
            patience.since = 0.0 if write else patience.since
            return
        if write:  # a reader waits for no writer, and tells nothing of one
            patience.since = patience.since or began
        _sleep(step)
        step = min(1.5 * step, LATER_WAIT_S)


def _begin_write(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")


def _begin_read(db: sqlite3.Connection) -> None:
    db.execute("BEGIN")
    db.execute("SELECT 1 FROM sqlite_schema").fetchone()  # this may have to wait
