"""Leases whose answer was lost with the connection."""

import psycopg

from crawler.frontier import Clocks, open_frontier
from crawler.frontier.process import current
from crawler.state_address import state_address
from tests.parts.frontiers import seeds

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'crawlerd' AND datname = current_database()"""


def take(frontier, owner):
    lease = frontier.lease(owner, new=10, refills={}, idle=[])
    return sorted(task.id for host in lease.hosts for task in host.tasks)


def test_what_a_lease_took_whose_answer_was_lost_is_leased_anew(database):
    with open_frontier(state_address(database), durable=True, clocks=Clocks()) as frontier:
        frontier.add("job", seeds("a.example:80", "b.example:80", each=2))
        owner = frontier.join(current()).owner
        first = take(frontier, owner)
        frontier._file.unanswered = True
        with psycopg.connect(database, autocommit=True) as operator:
            operator.execute(CUT)
        frontier._file._drop()  # it was cut when the answer was on its way
        assert take(frontier, owner) == first != []


def test_a_lease_that_was_answered_is_never_undone(database):
    with open_frontier(state_address(database), durable=True, clocks=Clocks()) as frontier:
        frontier.add("job", seeds("a.example:80", each=2))
        owner = frontier.join(current()).owner
        take(frontier, owner)
        frontier._file.unanswered = True
        frontier._file._leases += 1  # that one was never committed
        assert take(frontier, owner) == []
        assert frontier.sums().counts.leased == 2
