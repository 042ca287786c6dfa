"""A daemon that another one took for dead, as after a sleep, drops what it held and goes on."""

import signal
from collections import Counter

import gevent
import pytest

from tests.engines import on_every_engine
from tests.program import Daemon, assert_clean, ledger, until, write_config
from tests.servers import Site

HOSTS = [f"127.0.0.{number}" for number in range(1, 9)]
PAGES = 100


@pytest.fixture
def site():
    def route(path):
        gevent.sleep(0.3)
        return path.encode()

    with Site(route, HOSTS) as one:
        yield one


def config_of(folder, site):
    urls = [f"http://{host}:{site.port}/{host}/[1-{PAGES}]" for host in HOSTS]
    job = {"name": "j", "urls": urls, "path": "{host}/{name}"}
    return write_config(folder, [job], defaults={"per_host": 1}, concurrency=4)


def seem_dead(folder):
    """Let all processes of the ledger be of an earlier boot, so that none of them runs."""
    with ledger(folder) as db:
        db.execute("UPDATE process SET born = 'of an earlier boot'")


@on_every_engine
def test_a_daemon_whose_leases_were_lost_joins_anew_and_goes_on(tmp_path, site):
    config = config_of(tmp_path, site)
    with Daemon(config) as one:
        one.wait_for("visit")
        seem_dead(tmp_path)
        with Daemon(config) as two:
            two.wait_for("lease.reclaimed")
            lost = one.wait_for("lease.lost")
            assert "took this one for dead" in lost["cause"]
            until(lambda: len(one.told("daemon.ready")) == 2, "did not go on", one)
            begun = one.records.index(one.told("daemon.ready")[1])
            assert one.records[begun]["process"] != lost["process"]

            def visits():
                return [record for record in one.records[begun:] if record["event"] == "visit"]

            until(visits, "it visits nothing", one)
            assert one.stop() == two.stop() == 0
            times = Counter(v["url"] for d in (one, two) for v in d.told("visit", kind="stored"))
            assert set(times.values()) == {1}
    assert_clean(tmp_path, urls=PAGES * len(HOSTS))


def test_a_stop_is_heard_though_the_leases_are_lost(tmp_path, site):
    config = config_of(tmp_path, site)
    with Daemon(config) as one:
        one.wait_for("visit")
        one.signal(signal.SIGSTOP)
        seem_dead(tmp_path)
        with Daemon(config) as two:
            two.wait_for("lease.reclaimed")
            one.signal(signal.SIGTERM)
            one.signal(signal.SIGCONT)
            one.wait()
            assert len(one.told("daemon.ready")) == 1
            assert two.stop() == 0
