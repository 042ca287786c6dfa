"""What a server tells of itself, to a user that may all and to one that may little."""

import psycopg
import pytest

from crawler.frontier import AboutServer, open_frontier, open_ledger
from crawler.state_address import state_address
from tests import postgres
from tests.parts.frontiers import Timed


@pytest.fixture
def ledger(database):
    with open_frontier(state_address(database), durable=True):
        pass
    return database


def asked(url):
    with open_ledger(state_address(url)) as desk:
        return desk.entry(AboutServer())


def test_a_server_tells_what_it_is_and_what_is_off(ledger):
    found = asked(f"{ledger}&options=-csynchronous_commit%3Doff")
    assert found.version == postgres.shared().psql("SHOW server_version")[0][0].split()[0]
    assert 0 < found.round_trip < 1
    assert found.bytes > 8192 * 20
    assert 1 <= found.used < found.most == 97
    assert found.off == ("fsync", "full_page_writes", "synchronous_commit")
    assert found.encrypted  # it is a socket
    assert found.denied == ()
    assert "synchronous_commit" not in asked(ledger).off


def test_what_a_user_may_not_do_is_named(ledger):
    with psycopg.connect(ledger, autocommit=True) as owner:
        owner.execute("CREATE ROLE guest LOGIN")
        try:
            owner.execute("GRANT USAGE ON SCHEMA crawler TO guest")
            owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA crawler TO guest")
            owner.execute("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA crawler TO guest")
            owner.execute("REVOKE DELETE ON crawler.task, crawler.host FROM guest")
            found = asked(ledger.replace(f"{postgres.USER}@", "guest@"))
            assert found.denied == ("DELETE on host", "DELETE on task")
        finally:
            owner.execute("DROP OWNED BY guest")
            owner.execute("DROP ROLE guest")


def test_a_frontier_answers_likewise_and_a_file_has_no_server(ledger, tmp_path):
    with open_frontier(state_address(ledger), durable=True) as frontier:
        assert frontier.entry(AboutServer()).denied == ()
    with Timed(tmp_path / "state.sqlite", durable=True) as frontier:
        assert frontier.entry(AboutServer()) is None
    with open_ledger(tmp_path / "state.sqlite") as desk:
        assert desk.entry(AboutServer()) is None
