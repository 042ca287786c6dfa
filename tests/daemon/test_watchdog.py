"""`crawler watchdog` as an event listener of a real supervisord: what hangs is started anew."""

import shutil
import time

import psutil
import pytest

from tests.program import at_once, ledger, until, write_config
from tests.servers import Site, slow
from tests.supervisord import Supervisord

QUICK = {"events": "TICK_5", "startsecs": 1}


@pytest.fixture
def short(tmp_path_factory):
    """A folder whose path is short enough for a UNIX socket."""
    folder = tmp_path_factory.mktemp("s")
    yield folder
    shutil.rmtree(folder)


def impatient(supervisord: Supervisord, silence: str = "4s") -> Supervisord:
    """Let the listener be less patient, so that the test is."""
    conf = supervisord.folder / "supervisord.conf"
    text = conf.read_text()
    options = f"--group crawler --max-silence {silence} --patience 5s"
    assert "--group crawler" in text
    text = text.replace("--group crawler", options)
    assert text.count('WATCHDOG_USEC="20000000"') == 2
    conf.write_text(text.replace('"20000000"', '"2000000"'))
    return supervisord


def ready(supervisord: Supervisord, number: int = 0) -> None:
    supervisord.wait_for("RUNNING", number)
    until(lambda: '"daemon.ready"' in supervisord.told(number), "not ready")


def stops(pid: int) -> None:
    process = psutil.Process(pid)
    process.suspend()
    until(lambda: process.status() == psutil.STATUS_STOPPED, "it goes on")


def test_a_daemon_that_hangs_is_started_anew_and_nothing_else_is(tmp_path, short):
    with Site(slow(0.05)) as site:
        urls = [f"{site.url}/[1-3000]"]
        config = write_config(tmp_path, [{"name": "j", "urls": urls}])
        supervisord = Supervisord(short, config, numprocs=2, **QUICK)
        with impatient(supervisord):
            for number in (0, 1):
                ready(supervisord, number)
            hung, well = supervisord.info(0)["pid"], supervisord.info(1)["pid"]
            stops(hung)
            until(lambda: supervisord.info(0)["pid"] not in {0, hung}, "it hangs", patience=60)
            supervisord.wait_for("RUNNING", 0)
            assert supervisord.info(1)["pid"] == well
            told = (short / "watchdog.err").read_text()
            assert f"crawler:crawler_00, process {hung}, hangs: it gave no sign of life" in told
            assert told.count("gave no sign") == 1
            assert "exited: crawler_00 (terminated by SIGKILL" in supervisord.log()


def test_a_page_that_hangs_is_started_anew_and_the_daemon_is_not(tmp_path, short):
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}])
    supervisord = Supervisord(short, config, **QUICK)
    with impatient(supervisord):
        ready(supervisord)
        until(lambda: "web.ready" in (short / "web.log").read_text(), "no page")
        until(lambda: page(supervisord)["statename"] == "RUNNING", "it does not stay")
        hung, well = page(supervisord)["pid"], supervisord.info()["pid"]
        stops(hung)
        until(lambda: page(supervisord)["pid"] not in {0, hung}, "it hangs", patience=60)
        assert supervisord.info()["pid"] == well
        told = (short / "watchdog.err").read_text()
        assert f"web:web, process {hung}, hangs: it gave no sign of life" in told


def page(supervisord: Supervisord) -> dict:
    return supervisord.rpc.getProcessInfo("web")


def test_a_daemon_that_cannot_write_to_its_ledger_is_let_alone(tmp_path, short):
    """It is silent in the ledger, as one that hangs is, and says itself that it is alive."""
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}])
    supervisord = Supervisord(short, config, **QUICK)
    with impatient(supervisord, "2s"):
        ready(supervisord)
        pid = supervisord.info()["pid"]
        with ledger(tmp_path) as db:
            db.execute("BEGIN IMMEDIATE")
            listener = psutil.Process(supervisord.rpc.getProcessInfo("watchdog")["pid"])
            looked = listener.cpu_times().user
            until(lambda: silence(db) > 20, "the ledger heard of it", patience=60)
            assert listener.cpu_times().user > looked, "nobody looked"
            db.execute("ROLLBACK")
        assert supervisord.info()["pid"] == pid
        assert "gave no sign" not in (short / "watchdog.err").read_text()


def silence(db) -> float:
    ((seen_at,),) = db.execute("SELECT seen_at FROM process")
    return time.time() - seen_at


def test_it_says_who_has_to_start_it_and_from_where(tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}])
    done = at_once("watchdog", "-c", str(config), "--socket", "s", cwd=tmp_path)
    assert done.returncode == 2
    assert "[eventlistener:watchdog]" in done.stderr
    done = at_once("watchdog", "-c", str(config), cwd=tmp_path)
    assert done.returncode == 2
    assert "NOTIFY_SOCKET" in done.stderr
