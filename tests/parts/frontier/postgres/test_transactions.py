"""Transactions on a server that restarts, and beside each other."""

import gevent
import psycopg
import pytest

from crawler.errors import LocalFaultError, OlderLedgerError, StateError
from crawler.frontier import Clocks, open_frontier, open_ledger
from crawler.frontier.process import current
from crawler.state_address import state_address
from tests import postgres
from tests.parts.frontier.postgres.others import ask, cut
from tests.parts.frontiers import seeds
from tests.program import until


@pytest.fixture
def address(database):
    return state_address(database)


def opened(address):
    return open_frontier(address, durable=True, clocks=Clocks())


def test_a_ledger_is_made_by_whoever_comes_first_and_once(address):
    frontiers = [opened(address) for _ in range(4)]
    gevent.joinall([gevent.spawn(one.__enter__) for one in frontiers], raise_error=True)
    uids = {one.join(current()).uid for one in frontiers}
    assert len(uids) == 1
    for one in frontiers:
        one.__exit__()


def test_what_is_only_read_is_never_made(address):
    with pytest.raises(StateError, match="holds no ledger"), open_ledger(address):
        pass


def test_a_schema_of_another_name_is_another_ledger(database):
    one = state_address(database)
    with opened(one) as frontier:
        frontier.add("job", seeds("a.example:80"))
    other = state_address(f"{database}&options=-csearch_path%3Dother")
    with opened(other) as frontier:
        assert frontier.sums().met == 0


def test_writers_beside_each_other_lose_nothing(address):
    names = [f"h{number}.example:80" for number in range(40)]
    with opened(address) as one, opened(address) as other:
        asked = [
            gevent.spawn(frontier.add, "job", seeds(name))
            for name in names
            for frontier in (one, other)
        ]
        gevent.joinall(asked, raise_error=True)
        assert sum(each.value for each in asked) == len(names)


def test_a_connection_that_is_cut_is_a_fault_that_passes(address, database):
    with opened(address) as frontier:
        frontier.add("job", seeds("a.example:80"))
        cut(database)
        with pytest.raises(LocalFaultError, match="cannot be reached"):
            frontier.add("job", seeds("b.example:80"))
        assert frontier.add("job", seeds("b.example:80")) == 1


def test_a_ledger_outlasts_a_crash_of_its_server_and_its_frontier_goes_on():
    with postgres.Cluster(durable=True) as cluster:
        address = state_address(cluster.url(cluster.create()))
        with opened(address) as frontier:
            frontier.add("job", seeds("a.example:80"))
            cluster.stop("immediate")
            with pytest.raises(LocalFaultError):
                frontier.sums()
            cluster.start()
            assert frontier.sums().met == 1


@pytest.fixture
def stranger(database):
    """The address of a user who is let in, and may do nothing."""
    ask(database, "CREATE ROLE stranger LOGIN")
    yield state_address(database.replace("crawler@", "stranger@", 1))
    ask(database, "DROP OWNED BY stranger")
    ask(database, "DROP ROLE stranger")


def test_a_user_without_rights_is_told_what_to_grant(stranger):
    with pytest.raises(StateError, match="grant this user CONNECT, CREATE"):
        opened(stranger).__enter__()


def test_a_connection_that_cannot_be_prepared_is_none(database, stranger):
    (name,) = ask(database, "SELECT current_database()")
    ask(database, f"GRANT CREATE ON DATABASE {name} TO stranger")
    with opened(stranger) as frontier:
        ask(database, f"REVOKE TEMPORARY ON DATABASE {name} FROM public")
        cut(database)
        with pytest.raises(LocalFaultError, match="cannot be reached"):
            frontier.sums()
        for _ in range(2):
            with pytest.raises(StateError, match="TEMPORARY"):
                frontier.add("job", seeds("a.example:80"))
        ask(database, f"GRANT TEMPORARY ON DATABASE {name} TO public")
        assert frontier.add("job", seeds("a.example:80")) == 1


def test_a_user_who_may_make_no_temporary_tables_is_told_so_and_nothing_stays_open(
    database, stranger
):
    (name,) = ask(database, "SELECT current_database()")
    ask(database, f"GRANT CREATE ON DATABASE {name} TO stranger")
    ask(database, f"REVOKE TEMPORARY ON DATABASE {name} FROM public")
    with pytest.raises(StateError, match="TEMPORARY"):
        opened(stranger).__enter__()
    until(lambda: not cut(database), "the connection stays")


def test_a_ledger_of_an_older_crawler_is_not_worked_on(address, database):
    with opened(address):
        ask(database, "UPDATE crawler.gate SET version = version - 1")
    with pytest.raises(OlderLedgerError, match="older crawler"):
        opened(address).__enter__()
    with pytest.raises(OlderLedgerError, match="older crawler"), open_ledger(address):
        pass


WRITE = "UPDATE host SET gap = 1 WHERE id = ?"
BLOCKED = """
SELECT EXISTS (SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock')"""
OTHERS = "UPDATE crawler.host SET gap = 1 WHERE id = %s"


def test_a_verb_that_was_in_the_way_of_another_one_runs_again(address, database):
    tries = []

    def verb(file):
        tries.append(None)
        with file.locked(beside=True):
            file.db.execute("SET LOCAL deadlock_timeout = '3s'")  # then this one gives way
            for host in (1, 2):
                assert file.db.execute(WRITE, (host,)).rowcount == 1

    with opened(address) as frontier, psycopg.connect(database) as other:
        frontier.add("job", seeds("a.example:80", "b.example:80"))
        other.execute("SET LOCAL deadlock_timeout = '60s'")
        other.execute(OTHERS, (2,))
        running = gevent.spawn(frontier._file.stage, verb)
        until(lambda: ask(database, BLOCKED)[0], "nobody waits")
        other.execute(OTHERS, (1,))
        other.commit()
        running.get(timeout=20)
    assert len(tries) > 1
