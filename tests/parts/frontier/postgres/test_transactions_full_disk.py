"""A server whose disk is full: a fault that passes, and nothing is lost."""

import contextlib
import itertools

import pytest

from crawler.errors import LocalFaultError
from crawler.frontier import open_frontier
from crawler.state_address import state_address
from tests import postgres
from tests.parts.frontiers import seeds
from tests.program import until
from tests.rigs.disks import fill, move, server_disk, small_database

SMALL_WAL = {"min_wal_size": "32MB", "max_wal_size": "32MB", "checkpoint_timeout": "1h"}


@pytest.fixture
def disk():
    with server_disk() as disk:
        yield disk


def written_until_full(frontier):
    """Take URLs in until that fails; return how many were, those that were not, and why."""
    done = 0
    for number in itertools.count():
        more = seeds(f"h{number}.example", each=2000)
        try:
            done += frontier.add("job", more)
        except LocalFaultError as fault:
            return done, more, str(fault)
    return None


def test_without_room_for_rows_nothing_of_a_verb_is_done_and_with_room_it_is(disk):
    cluster = postgres.shared()
    with (
        small_database(cluster, disk) as name,
        open_frontier(state_address(cluster.url(name)), durable=False) as frontier,
    ):
        frontier.add("job", seeds("first.example"))
        ballast = fill(disk)
        done, more, fault = written_until_full(frontier)
        assert "its disk is full: make room there" in fault
        assert frontier.sums().counts.known == 1 + done
        ballast.unlink()
        assert frontier.add("job", more) == len(more)
        assert frontier.sums().counts.known == 1 + done + len(more)


def test_a_server_that_ends_for_want_of_room_for_its_log_is_waited_for(disk):
    with postgres.Cluster(durable=True, settings=SMALL_WAL) as cluster:
        cluster.stop()
        move(cluster.data / "pg_wal", disk / "log")
        cluster.start()
        with open_frontier(state_address(cluster.url(cluster.create())), durable=True) as frontier:
            frontier.add("job", seeds("first.example"))
            ballast = fill(disk)
            done, more, _ = written_until_full(frontier)
            with pytest.raises(LocalFaultError):
                frontier.sums()
            ballast.unlink()
            assert until(lambda: added(frontier, more), "it does not come back") == len(more)
            assert frontier.sums().counts.known == 1 + done + len(more)


def added(frontier, more):
    """Take URLs in; return how many were, None where the server is not there."""
    with contextlib.suppress(LocalFaultError):
        return frontier.add("job", more)
