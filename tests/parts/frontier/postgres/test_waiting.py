"""A server that does not answer: its processes stand still, and its connections stay."""

import os
import signal
import time
from contextlib import contextmanager

import gevent
import psycopg
import pytest

from crawler.errors import LocalFaultError
from crawler.frontier import Clocks, open_frontier
from crawler.frontier.postgres.waiting import WaitingConnection
from crawler.frontier.sql.held import Patience
from crawler.state_address import state_address
from tests.parts.frontiers import seeds


@contextmanager
def silent(database):
    """Let the server of a database not answer any of those that are connected to it."""
    with psycopg.connect(database, autocommit=True) as operator:
        (*rows,) = operator.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid != pg_backend_pid()"
        )
        for (pid,) in rows:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for (pid,) in rows:
                os.kill(pid, signal.SIGCONT)


def test_a_stop_waits_for_no_server_that_is_silent_and_the_next_connection_is_another(database):
    with open_frontier(state_address(database), durable=True, clocks=Clocks()) as frontier:
        with silent(database):
            began = time.monotonic()
            frontier.hurry(began + 0.3)
            with pytest.raises(LocalFaultError, match=r"cannot be reached.*has not answered"):
                frontier.add("job", seeds("a.example:80"))
            assert 0.3 <= time.monotonic() - began < 2
        frontier.hurry(float("inf"))
        assert frontier.add("job", seeds("a.example:80")) == 1


def test_who_waits_for_a_silent_server_holds_nobody_up(database):
    with open_frontier(state_address(database), durable=True, clocks=Clocks()) as frontier:
        with silent(database), gevent.Timeout(10):
            asked = gevent.spawn(frontier.sums)
            began, turns = time.monotonic(), 0
            while time.monotonic() < began + 0.5:
                gevent.sleep(0.01)
                turns += 1
            assert turns > 20
            assert not asked.ready()
        assert asked.get(timeout=10).met == 0


def test_what_is_not_answered_ends_the_connection(database):
    with WaitingConnection.connect(database, autocommit=True) as connection:
        connection.patience = Patience()
        connection.patience.ends_at = time.monotonic()
        with pytest.raises(psycopg.OperationalError, match="has not answered for 0 s"):
            connection.execute("SELECT pg_sleep(10)")
        assert connection.broken
