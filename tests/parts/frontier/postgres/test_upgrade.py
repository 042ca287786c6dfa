"""A ledger on a server that an older crawler has made becomes one of today, a version at a time."""

import gevent
import psycopg
import pytest

from crawler.daemon.mailbox import Mailbox
from crawler.daemon.upgrading import upgraded
from crawler.errors import OlderLedgerError, StateError
from crawler.frontier import Pulse, open_frontier, open_ledger, open_migration
from crawler.frontier.moves import move
from crawler.frontier.postgres import upgrade
from crawler.frontier.process import Process, current
from crawler.frontier.sql.tables.ledger import VERSION
from crawler.state_address import state_address
from tests.parts.copies import BrokenOffError
from tests.parts.frontiers import NOW, Timed, join, seeds

OLDEST = VERSION - 2
STEPS = {
    OLDEST: ["ALTER TABLE job RENAME COLUMN pace TO delay"],
    OLDEST + 1: ["ALTER TABLE host ADD COLUMN made_up text", "UPDATE host SET made_up = key"],
}
"""From a made-up older version to the one before today's, and from that to today's."""


@pytest.fixture
def server(database, monkeypatch):
    """A ledger of that older version, with a URL."""
    monkeypatch.setattr(upgrade, "MIGRATIONS", STEPS)
    found = state_address(database)
    with Timed(found, durable=False) as frontier:
        frontier.add("job", seeds("a.example:80"), NOW)
    ask(found, "ALTER TABLE job RENAME COLUMN delay TO pace")
    ask(found, "UPDATE gate SET version = %s", OLDEST)
    return found


def ask(server, sql, *values):
    with psycopg.connect(server.url, autocommit=True) as db:
        db.execute("SET search_path = crawler")
        cursor = db.execute(sql, values or None)
        return cursor.fetchall() if cursor.description else []


def version_of(server):
    ((version,),) = ask(server, "SELECT version FROM gate")
    return version


class Log:
    """Keeps what is logged."""

    def __init__(self):
        self.told = []

    def __getattr__(self, level):
        return lambda event, **fields: self.told.append((event, fields))


@pytest.fixture
def never():
    """No stop comes."""
    return Mailbox().stopped


def test_a_daemon_brings_an_older_ledger_to_today_and_works_on_it(server, never):
    log = Log()
    assert upgraded(server, log, never)
    assert [event for event, _ in log.told] == ["ledger.migrated"]
    assert version_of(server) == VERSION
    assert ask(server, "SELECT made_up FROM host") == [("a.example:80",)]
    with Timed(server, durable=False) as frontier:
        assert frontier.add("job", seeds("b.example:80"), NOW) == 1
    assert upgraded(server, log, never)
    assert len(log.told) == 1


def test_a_ledger_of_today_and_none_at_all_need_no_migration(database):
    found = state_address(database)
    with open_migration(found) as migration:
        assert migration.needed() is None
        with open_frontier(found, durable=False):
            pass
        assert migration.needed() is None
        assert not migration.step()
    assert version_of(found) == VERSION


def test_an_older_ledger_is_refused_by_what_does_not_migrate(server):
    for way_in in (open_ledger(server), open_frontier(server, durable=False)):
        with pytest.raises(OlderLedgerError, match=f"older crawler .schema {OLDEST}.*migrate"):
            way_in.__enter__()
    with pytest.raises(StateError, match="older crawler"):
        move(server, state_address("nowhere"))


def test_nothing_is_migrated_while_processes_of_the_older_crawler_live(server):
    me = current()
    values = "machine, pid, born, started_at, lease_until) VALUES (%s, %s, %s, 0, 0)"
    ask(server, f"INSERT INTO process ({values}", me.machine, me.pid, me.born)
    with open_migration(server) as migration:
        assert migration.needed() == OLDEST
        assert [one.pid for one in migration.living()] == [me.pid]
        assert not migration.step()
        assert version_of(server) == OLDEST
        with pytest.raises(OlderLedgerError, match=f"still work on it: {me.pid}"):
            open_ledger(server).__enter__()
        log, looks = Log(), []

        def stopped(wait):
            looks.append(wait)
            gevent.sleep(0)
            if len(looks) == 2:
                ask(server, "DELETE FROM process")
            return False

        assert upgraded(server, log, stopped)
        assert [event for event, _ in log.told] == ["ledger.waiting", "ledger.migrated"]
        assert log.told[0][1]["pids"] == [me.pid]
    assert version_of(server) == VERSION


def test_a_step_that_breaks_off_leaves_the_ledger_as_it_was_and_is_made_again(server, monkeypatch):
    broken = {**STEPS, OLDEST: [*STEPS[OLDEST], "SELECT 1 / 0"]}
    with open_migration(server) as migration:
        monkeypatch.setattr(upgrade, "MIGRATIONS", broken)
        with pytest.raises(StateError, match="division by zero"):
            migration.step()
        assert migration.needed() == OLDEST
        assert ask(server, "SELECT count(pace) FROM job") == [(2,)]
        monkeypatch.setattr(upgrade, "MIGRATIONS", STEPS)
        assert migration.step()
        assert version_of(server) == OLDEST + 1
        assert not migration.step()
    assert version_of(server) == VERSION


def test_several_daemons_migrate_one_ledger_once(server, never):
    logs = [Log() for _ in range(3)]
    gevent.joinall([gevent.spawn(upgraded, server, log, never) for log in logs], raise_error=True)
    assert version_of(server) == VERSION
    assert ask(server, "SELECT made_up FROM host") == [("a.example:80",)]


def test_a_daemon_of_an_older_version_hears_that_its_ledger_is_newer(server, never):
    upgraded(server, Log(), never)
    with Timed(server, durable=False) as frontier:
        owner = join(frontier, process=Process("another machine", 1, "1"))
        assert frontier.beat(owner, Pulse("running"), NOW).in_force
        ask(server, "UPDATE gate SET version = %s", VERSION + 1)
        assert frontier.beat(owner, Pulse("running"), NOW).in_force is None
    with pytest.raises(StateError, match="newer crawler"):
        open_frontier(server, durable=False).__enter__()


def test_a_copy_that_is_not_whole_is_not_migrated(server, tmp_path, never):
    upgraded(server, Log(), never)
    target = state_address(f"{server.url}&options=-csearch_path%3Dcopy")

    def end(*_):
        raise BrokenOffError

    with pytest.raises(BrokenOffError):
        move(server, target, end)
    with tables_of(target) as db:
        db.execute("UPDATE copy.gate SET version = 5")
    with open_migration(target) as migration:
        assert migration.needed() is None


def tables_of(server):
    return psycopg.connect(server.url, autocommit=True)
