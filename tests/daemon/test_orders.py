"""`crawler stop` and `reload`: one process or all, of this machine and of others."""

import json
import time

import gevent
import pytest

from tests.daemon.test_desk import desk
from tests.engines import on_every_engine
from tests.program import Daemon, at_once, ledger, until, write_config
from tests.servers import Site


def move_away(folder, daemon):
    """Have the ledger say that a process is another machine's: no signal reaches it."""
    with ledger(folder) as db:
        db.execute("UPDATE process SET machine = 'web2 boot ns' WHERE pid = ?",
                   (daemon.process.pid,))  # fmt: skip


@pytest.fixture
def pair(tmp_path):
    """Two daemons of one configuration, with nothing to do."""
    with Site(str.encode) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/1"]}]
        file = write_config(tmp_path, jobs, grace_period="10s")
        with Daemon(file) as one, Daemon(file) as other:
            for daemon in (one, other):
                daemon.wait_for("daemon.ready")
            one.wait_for("job.synced")
            yield one, other


def number(daemon):
    return daemon.told("daemon.ready")[0]["process"]


@pytest.mark.parametrize("by", ["pid", "number"])
def test_one_process_is_stopped_and_the_other_goes_on(tmp_path, pair, by):
    one, other = pair
    which = str(one.process.pid if by == "pid" else number(one))
    told = desk(tmp_path, "stop", "--process", which, "--wait")
    assert told == f"process {one.process.pid} was told to stop\n"
    assert one.wait() == 0
    assert other.process.poll() is None
    assert other.stop() == 0
    assert "no daemon is running" in desk(tmp_path, "stop", code=1)


@on_every_engine
def test_a_process_of_another_machine_is_stopped_by_the_ledger(tmp_path, pair):
    one, other = pair
    move_away(tmp_path, one)
    told = json.loads(desk(tmp_path, "stop", "--json"))
    assert {each["by"] for each in told["processes"]} == {"ledger", "signal"}
    assert [one.wait(), other.wait()] == [0, 0]
    assert one.told("order.heard", verb="stop")
    assert one.told("daemon.draining", cause="crawler stop")
    assert not other.told("order.heard")


def test_an_order_is_for_those_who_are_there_when_it_is_given(tmp_path, pair):
    one, other = pair
    move_away(tmp_path, one)
    desk(tmp_path, "stop", "--process", str(one.process.pid), "--wait")
    assert one.wait() == 0
    with ledger(tmp_path) as db:
        assert db.execute("SELECT count(*) FROM ordered").fetchone() == (0,), "void with it"
    with Daemon(other.config) as late:
        late.wait_for("daemon.ready")
        gevent.sleep(1.5)
        assert late.process.poll() is None
        assert not late.told("order.heard")


@on_every_engine
def test_a_reload_is_waited_for_and_what_it_changed_is_told_for_each(tmp_path, pair):
    one, other = pair
    move_away(tmp_path, one)
    text = one.config.read_text()
    one.config.write_text(text.replace("concurrency: 8", "concurrency: 9"))
    told = desk(tmp_path, "reload", "--wait")
    for daemon in pair:
        assert len(daemon.told("config.reloaded", crawler=["concurrency"])) == 1
        assert f"process {daemon.process.pid}: crawler: concurrency 8 → 9\n" in told
    assert one.told("order.heard", verb="reload")
    assert not other.told("order.heard")


def test_a_ledger_that_is_held_keeps_no_process_of_this_machine_from_hearing(tmp_path, pair):
    one, other = pair
    move_away(tmp_path, other)
    with ledger(tmp_path) as db:
        db.isolation_level = None
        db.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        told = desk(tmp_path, "stop", code=1)
        assert time.monotonic() - began < 5
        assert f"process {one.process.pid} was told to stop" in told
        assert f"process {other.process.pid} on web2 was not told: " in told
        db.execute("ROLLBACK")
    assert one.wait() == 0
    assert other.process.poll() is None


def test_a_number_that_is_no_process_is_refused_with_those_that_are(tmp_path, pair):
    one, other = pair
    done = at_once("stop", "-c", "crawler.yaml", "--process", "77777", cwd=tmp_path)
    assert done.returncode == 2
    assert f"process {one.process.pid} (number {number(one)})" in done.stderr
    until(lambda: other.process.poll() is None, "it was stopped", other)
