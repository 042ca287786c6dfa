"""The page of `crawler web` while its ledger is gone, locked, newer, or its server is away."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys

import pytest

from tests import program
from tests.at_work import known
from tests.browser import at_page, in_dialog, press, row
from tests.daemon.test_ledger_on_a_server import AWAY, away
from tests.postgres import Cluster
from tests.web import Web

LOCK = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA locking_mode = " + sys.argv[2])
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""
FAULT = "no word of the ledger"


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A ledger without daemons, and the server of its page; a test undoes the harm that it does."""
    folder = tmp_path_factory.mktemp("quiet")
    with Web(known(folder)) as web:
        yield folder / "state.sqlite", web


@contextlib.contextmanager
def locked(state, mode="NORMAL"):
    """Have another process hold the ledger: its writers out, or everybody by mode EXCLUSIVE."""
    command = [sys.executable, "-c", LOCK, str(state), mode]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"locked\n"
        yield
        process.stdin.close()


@contextlib.contextmanager
def gone(state):
    """Put a ledger away, with all that belongs to it."""
    files = list(state.parent.glob(f"{state.name}*"))
    for file in files:
        file.rename(file.with_name(f"away-{file.name}"))
    yield
    for file in files:
        file.with_name(f"away-{file.name}").rename(file)


@contextlib.contextmanager
def newer(state):
    """Put a ledger of a later crawler in the place of one."""
    with gone(state):
        shutil.copy(state.with_name(f"away-{state.name}"), state)
        with contextlib.closing(sqlite3.connect(state)) as db:
            db.execute("PRAGMA user_version = 99")
        yield
        for file in state.parent.glob(f"{state.name}*"):
            file.unlink()


def is_told(page, *words: str) -> None:
    """Wait until a page says in a sentence why it knows nothing of its ledger."""
    sentence = page.locator("#now.bad #sentence")
    for one in words:
        sentence = sentence.filter(has_text=one)
    sentence.wait_for()
    assert page.locator("#link").inner_text() == FAULT
    assert page.locator("#board.stale").count() == 1
    assert page.title().startswith("■")


def is_live(page) -> None:
    page.locator("#sentence", has_text="No daemon is running").wait_for()
    row(page, "jobs", "j").wait_for()
    assert page.locator("#link").inner_text() == "live"
    assert page.locator("#board.stale").count() == 0


@pytest.mark.parametrize(("harm", "words"), [(gone, "is not there"), (newer, "newer")])
def test_a_ledger_that_cannot_be_read_is_a_sentence_until_it_can(quiet, browser, harm, words):
    state, web = quiet
    with at_page(browser, web) as page:
        is_live(page)
        with harm(state):
            is_told(page, state.name, words)
            page.reload()
            is_told(page, state.name, words)
        is_live(page)


def test_a_ledger_that_another_process_has_to_itself_is_waited_for(tmp_path, browser):
    with Web(known(tmp_path)) as web, contextlib.ExitStack() as stack:
        with locked(tmp_path / "state.sqlite", "EXCLUSIVE"):
            page = stack.enter_context(at_page(browser, web))
            page.locator("#now.bad", has_text="locked").wait_for(timeout=60_000)
        is_live(page)


def test_a_ledger_that_another_process_writes_is_read_on_and_acts_say_why(quiet, browser):
    state, web = quiet
    with at_page(browser, web) as page:
        is_live(page)
        with locked(state):
            press(page.locator("#acts"), "Pause everything")
            refused = in_dialog(page, "Pause").locator(".refused")
            refused.wait_for(timeout=60_000)
            assert "locked" in refused.inner_text()
            is_live(page)
        in_dialog(page, "Pause")
        row(page, "wishes", "everything").wait_for()
    web.post("resume")


def test_a_ledger_on_a_server_that_is_away_is_a_sentence_until_it_is_back(
    tmp_path, browser, monkeypatch
):
    with Cluster() as cluster:
        name = cluster.create()
        monkeypatch.setattr(program, "state_of", lambda _: cluster.url(name))
        with Web(known(tmp_path)) as web, at_page(browser, web) as page:
            is_live(page)
            with away(cluster):
                is_told(page, AWAY)
                page.reload()
                is_told(page, AWAY)
            is_live(page)
