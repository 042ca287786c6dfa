"""The page of `crawler web` on bad days: processes, disks, ledgers and servers that go away."""

import os
import signal
import sqlite3

import pytest

from tests import real
from tests.browser import LIGHT, at_page
from tests.daemon.test_page import crawl, known, row
from tests.program import Daemon, until, write_config
from tests.servers import Site
from tests.web import Web


def test_a_process_that_is_killed_is_named(tmp_path):
    with crawl(tmp_path) as (web, _, (first, second)), at_page(web, **LIGHT) as page:
        killed = row(page, "processes", str(first.process.pid))
        killed.wait_for()
        first.signal(signal.SIGKILL)
        first.wait()
        alive = killed.filter(has_not_text="dead")
        until(lambda: not alive.count(), "it is not told", second)
        second.signal(signal.SIGKILL)
        second.wait()
        gone = str(second.process.pid)  # the other one is named, too, if it was not taken over yet
        sentence = page.locator("#sentence", has_text="died").filter(has_text=gone)
        sentence.wait_for()
        assert sentence.inner_text().startswith("No daemon is running")
        assert page.locator("#now.bad").count() == 1
        assert page.title().startswith("■ No daemon is running")
        until(
            lambda: "No daemon is running" in page.locator("#announce").inner_text(),
            "not read aloud",
        )


def test_a_process_that_pauses_for_a_full_disk_says_so_and_goes_on(tmp_path):
    with real.small_disk(tmp_path / "disk", "16m") as disk, Site(str.encode) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-4000]"], "delay": "200ms"}]
        file = write_config(
            tmp_path, jobs, output=str(disk / "files"), guards={"min_free": "4MB", "min_inodes": 0}
        )
        with Daemon(file) as daemon, Web(file) as web, at_page(web, **LIGHT) as page:
            daemon.wait_for("visit")
            ballast = disk / "ballast"
            ballast.write_bytes(os.urandom(13_000_000))
            daemon.wait_for("room.short")
            there = row(page, "processes", str(daemon.process.pid))
            until(lambda: "paused" in there.inner_text(), "its row does not say so", daemon)
            assert "little room" in there.inner_text()
            page.locator("#now.warn", has_text="is paused for").wait_for()
            ballast.unlink()
            until(lambda: "paused" not in there.inner_text(), "it does not go on", daemon)


def test_a_server_that_goes_away_is_told_and_found_again(tmp_path, unused_port):
    file = known(tmp_path)
    listen = f"127.0.0.1:{unused_port}"
    with Web(file, listen=listen) as web, at_page(web, **LIGHT) as page:
        row(page, "jobs", "j").wait_for()
        web.process.kill()
        web.process.wait()
        page.locator("#sentence", has_text="The server of this page went away").wait_for()
        assert page.locator("#board.stale").count() == 1
        assert "went away" in page.locator("#link").inner_text()
        assert row(page, "jobs", "j").is_visible()
        press = row(page, "jobs", "j").get_by_role("button", name="Retry")
        press.click()
        page.get_by_role("dialog").get_by_role("button", name="Only try").click()
        refused = page.get_by_role("dialog").locator(".refused")
        refused.wait_for()
        assert "does not answer" in refused.inner_text()
        page.keyboard.press("Escape")
        with Web(file, listen=listen):
            page.locator("#sentence", has_text="No daemon is running").wait_for()
            assert page.locator("#link").inner_text() == "live"
            assert page.locator("#board.stale").count() == 0


def test_a_server_that_hangs_is_told_and_found_again(tmp_path):
    with Web(known(tmp_path)) as web, at_page(web, **LIGHT) as page:
        row(page, "jobs", "j").wait_for()
        web.process.send_signal(signal.SIGSTOP)
        sentence = page.locator("#sentence")
        sentence.filter(has_text="The server of this page went away").wait_for(timeout=60_000)
        web.process.send_signal(signal.SIGCONT)
        sentence.filter(has_text="No daemon is running").wait_for()
        assert page.locator("#link").inner_text() == "live"


def gone(folder):
    for name in ("state.sqlite", "state.sqlite-wal", "state.sqlite-shm"):
        if (folder / name).exists():
            (folder / name).rename(folder / f"away-{name}")


def newer(folder):
    with sqlite3.connect(folder / "state.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


@pytest.mark.parametrize(("harm", "words"), [(gone, "is not there"), (newer, "newer")])
def test_a_ledger_that_cannot_be_read_is_a_sentence(tmp_path, harm, words):
    file = known(tmp_path)
    with Web(file) as web, at_page(web, **LIGHT) as page:
        row(page, "jobs", "j").wait_for()
        harm(tmp_path)
        bad = page.locator("#now.bad #sentence", has_text="state.sqlite")
        bad.wait_for()
        assert page.locator("#link").inner_text() == "no word of the ledger"
        assert page.locator("#board.stale").count() == 1
        assert words in bad.inner_text()
