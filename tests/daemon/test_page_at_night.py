"""The page of `crawler web` on bad days: processes, disks and servers that go away."""

import contextlib
import os
import re
import signal
import time

import pytest

from crawler.web.events import MAX_STREAMS
from tests import real
from tests.at_work import BAD, at_work, known
from tests.browser import at_page, browsing, in_dialog, looking, press, row
from tests.program import Daemon, until, write_config
from tests.servers import Site
from tests.web import Web

WELL = "No daemon is running"
"""What a page says of a ledger that is well, and has no daemon."""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The configuration of a ledger that no test of this file harms."""
    return known(tmp_path_factory.mktemp("quiet"))


def test_a_process_that_is_killed_is_named(tmp_path, browser):
    with at_work(tmp_path) as work, at_page(browser, work.web) as page:
        first, second = work.daemons
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
        assert sentence.inner_text().startswith(WELL)
        assert page.locator("#now.bad").count() == 1
        assert page.title().startswith(f"■ {WELL}")
        until(lambda: WELL in page.locator("#announce").inner_text(), "not read aloud")


def test_a_process_that_pauses_for_a_full_disk_says_so_and_goes_on(tmp_path, browser):
    with real.small_disk(tmp_path / "disk", "16m") as disk, Site(str.encode) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/[1-4000]"], "delay": "200ms"}]
        file = write_config(
            tmp_path, jobs, output=str(disk / "files"), guards={"min_free": "4MB", "min_inodes": 0}
        )
        with Daemon(file) as daemon, Web(file) as web, at_page(browser, web) as page:
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


def test_a_server_that_is_killed_is_told_and_found_again(file, browser, unused_port):
    listen = f"127.0.0.1:{unused_port}"
    with Web(file, listen=listen) as web, at_page(browser, web) as page:
        row(page, "jobs", "j").wait_for()
        web.process.kill()
        web.process.wait()
        page.locator("#sentence", has_text="The server of this page went away").wait_for()
        assert page.locator("#board.stale").count() == 1
        assert "went away" in page.locator("#link").inner_text()
        assert row(page, "jobs", "j").is_visible()
        press(row(page, "jobs", "j"), "Retry")
        refused = in_dialog(page, "Only try").locator(".refused")
        refused.wait_for()
        assert "does not answer" in refused.inner_text()
        page.keyboard.press("Escape")
        with Web(file, listen=listen):
            is_live_again(page)


def is_live_again(page) -> None:
    """Wait until a page tells of its ledger again."""
    page.locator("#sentence", has_text=WELL).wait_for()
    assert page.locator("#link").inner_text() == "live"
    assert page.locator("#board.stale").count() == 0


def test_a_server_that_hangs_is_told_and_found_again(file, browser):
    with Web(file) as web, at_page(browser, web) as page:
        page.clock.install()
        page.reload()
        row(page, "jobs", "j").wait_for()
        web.signal(signal.SIGSTOP)
        page.clock.fast_forward(30_000)
        page.locator("#sentence", has_text="The server of this page went away").wait_for()
        web.signal(signal.SIGCONT)
        is_live_again(page)


def test_a_new_token_ends_what_the_old_one_opened(tmp_path, browser):
    with Web(known(tmp_path)) as web, at_page(browser, web) as page:
        row(page, "jobs", "j").wait_for()
        web.token_file.unlink()
        web.signal(signal.SIGHUP)
        web.wait_for("web.token_read")
        page.locator("#login-said", has_text="The token counts no more: log in again").wait_for()
        assert page.locator("#board").is_hidden()
        page.get_by_label("Token").fill(web.token_file.read_text().strip())
        page.keyboard.press("Enter")
        is_live_again(page)


def test_a_stream_that_ends_in_order_is_no_server_that_went_away(file, browser):
    with Web(file) as web, at_page(browser, web) as page:
        is_live_again(page)
        page.evaluate(REMEMBER)
        web.signal(signal.SIGHUP)
        web.wait_for("web.token_read")
        web.post("pause", why="a move")
        row(page, "wishes", "everything").wait_for()  # by another stream
        web.post("resume")
        assert not page.evaluate("sentences")


REMEMBER = """() => {
  window.sentences = [];
  const place = document.getElementById("sentence");
  new MutationObserver(() => sentences.push(place.textContent)).observe(place, {childList: true});
}"""
"""Keeps what the page says meanwhile."""


def listening(web: Web):
    """Yield as soon as somebody else listens, for as long as they are listened to."""
    events = web.events()
    next(events)
    return contextlib.closing(events)


def test_a_page_for_which_there_is_no_place_waits_for_its_turn(file, browser):
    with Web(file) as web, contextlib.ExitStack() as others:
        for _ in range(MAX_STREAMS):
            others.enter_context(listening(web))
        with at_page(browser, web) as page:
            page.locator("#now.warn", has_text="no room for one more open page").wait_for()
            assert page.locator("#link").inner_text() == "waiting for a place"
            others.close()
            is_live_again(page)


def test_a_page_that_nobody_looks_at_leaves_its_place_to_others(file, browser):
    with Web(file) as web, browsing(browser) as somebody:
        somebody.add_init_script(UNSEEN)
        with contextlib.ExitStack() as pages:
            for _ in range(CONNECTIONS + 2):  # a browser has no more to one server
                page = pages.enter_context(looking(somebody, web))
                is_live_again(page)
                page.evaluate("turn(true)")
            page.clock.install()
            page.reload()
            is_live_again(page)
            page.evaluate("turn(true)")
            web.post("pause", why="a move")
            page.clock.fast_forward(15_000)
            row(page, "wishes", "everything").wait_for()
            web.post("resume")
            page.evaluate("turn(false)")
            is_live_again(page)


UNSEEN = """
let unseen = false;
Object.defineProperty(document, "hidden", {get: () => unseen});
window.turn = (away) => { unseen = away; document.dispatchEvent(new Event("visibilitychange")); };
"""
"""What happens in a tab in the background; a browser that is driven never takes one for that."""
CONNECTIONS = 6


@pytest.mark.parametrize("hours", [-7, 5])
def test_ages_are_those_of_the_server_on_a_machine_whose_clock_is_wrong(tmp_path, browser, hours):
    with at_work(tmp_path, processes=1) as work, browsing(browser) as somebody:
        somebody.clock.install(time=time.time() + hours * 3600)
        with looking(somebody, work.web) as page:
            heard = page.locator("#processes tbody td[data-title='Heard of']")
            heard.wait_for()
            assert re.fullmatch(r"now|\d+ s ago", heard.inner_text())
            failure = row(page, "failures", BAD)
            failure.wait_for()
            assert re.search(r"\t(now|\d+ s ago)\t", failure.inner_text())
            work.web.post("pause", host=work.hosts[0], **{"for": "1h"})
            page.locator("#wishes", has_text=re.compile(r"in (1 h|59 min)")).wait_for()
