"""`crawler web` speaks to the service manager that started it, as the daemon does."""

import signal
import time

import gevent
import psutil
import pytest

from tests.daemon.test_service_manager import Heard, environment
from tests.program import until, write_config
from tests.web import Web

WATCHDOG_S = 1.0


@pytest.fixture
def manager(tmp_path_factory):
    with Heard(str(tmp_path_factory.mktemp("n") / "notify")) as heard:
        yield heard


@pytest.fixture
def file(tmp_path):
    """A configuration whose ledger is not there yet."""
    return write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}])


def test_a_page_tells_its_service_manager_of_its_life_from_ready_to_stopping(file, manager):
    with Web(file, **environment(manager, WATCHDOG_S)) as web:
        until(lambda: "READY=1" in manager.lines, "not ready", web)
        assert web.ask("GET", "/healthz").status == 200
        web.process.send_signal(signal.SIGHUP)
        until(lambda: manager.lines.count("READY=1") == 2, "its token is never read", web)
        assert "RELOADING=1" in manager.lines
        until(lambda: len(manager.pings) >= 4, "its loop does not go round", web)
        gaps = [b - a for a, b in zip(manager.pings[1:], manager.pings[2:], strict=False)]
        assert all(gap < 0.9 * WATCHDOG_S for gap in gaps), gaps
        assert web.stop() == 0
        until(lambda: "STOPPING=1" in manager.lines, "its end was not told")


def test_a_page_that_hangs_says_no_more_that_it_is_alive(file, manager):
    with Web(file, **environment(manager, 0.5)) as web:
        until(lambda: len(manager.pings) >= 3, "never alive", web)
        web.process.send_signal(signal.SIGSTOP)
        stopped = psutil.Process(web.process.pid)
        until(lambda: stopped.status() == psutil.STATUS_STOPPED, "it goes on")
        gevent.sleep(0)
        said = len(manager.pings) + 1  # perhaps one that is not read yet
        with pytest.raises(AssertionError, match="hangs"):
            until(lambda: len(manager.pings) > said, "hangs", patience=1.5)
        web.process.send_signal(signal.SIGCONT)
        until(lambda: len(manager.pings) > said, "never alive again", web)
        assert web.stop() == 0


def test_a_page_without_a_ledger_goes_round_and_says_so(file, manager):
    with Web(file, **environment(manager, 0.5)) as web:
        began = time.monotonic()
        while time.monotonic() < began + 1.5:
            assert web.ask("GET", "/readyz").problem()["kind"] == "ledger"
        assert len(manager.pings) >= 3
        assert web.stop() == 0
