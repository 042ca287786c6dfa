"""Leases that the state file takes back: nothing of the lease before them is undone."""

import sqlite3

import pytest

from crawler.errors import LocalFaultError
from crawler.frontier import Clocks, open_frontier
from crawler.frontier.process import current
from crawler.state_address import state_address
from tests.parts.frontiers import seeds


def take(frontier, owner, refills=None):
    lease = frontier.lease(owner, new=10, refills=refills or {}, idle=[])
    return {host.id: [task.id for task in host.tasks] for host in lease.hosts}


def test_a_lease_that_finds_no_room_leaves_the_tasks_of_the_one_before_it_where_they_are(
    tmp_path, monkeypatch
):
    """Their visits are under way: leased anew they would be made twice."""
    state = state_address(str(tmp_path / "state.sqlite"))
    with open_frontier(state, durable=False, clocks=Clocks()) as frontier:
        frontier.add("job", seeds("a.example:80", each=100))
        owner = frontier.join(current()).owner
        ((host, first),) = take(frontier, owner).items()
        noted = type(frontier._file).note_lease

        def full(file, owner):
            noted(file, owner)
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
            raise error

        with monkeypatch.context() as short:
            short.setattr(type(frontier._file), "note_lease", full)
            with pytest.raises(LocalFaultError):
                take(frontier, owner, {host: 10})
        then = take(frontier, owner, {host: 10})[host]
        assert then
        assert not set(first) & set(then)
