"""An installation without what talks to a server."""

import sys
from pathlib import Path

import pytest

from crawler.errors import UsageError
from crawler.frontier import has_ledger, load_engine, open_frontier, open_ledger
from crawler.frontier.driver import require_driver
from crawler.frontier.moves import move
from crawler.state_address import state_address

SERVER = state_address("postgresql://crawler:hunter2@db.example/crawler")


@pytest.mark.parametrize("way_in", [
    has_ledger, load_engine, open_ledger, lambda state: open_frontier(state, durable=True),
    lambda state: move(state, Path("other")),
])  # fmt: skip
def test_every_way_to_a_server_says_what_to_install(way_in, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pip install 'crawlerd\[postgres\]'"):
        way_in(SERVER)


def test_a_file_needs_nothing_more(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    require_driver(Path("state"))
