"""Services that die: one is started again, and one that keeps dying ends the crawler."""

import itertools
import time
from itertools import pairwise

import gevent
import pytest

from crawler.daemon import services, supervisor
from crawler.daemon.services import Service, Services
from crawler.daemon.supervisor import State
from crawler.errors import LocalFaultError, ServiceDiedError
from tests.parts.crew import URLS, Crew, well
from tests.parts.logs import Records


def test_a_feeder_that_breaks_is_started_again(tmp_path):
    with Crew(tmp_path, well) as crew:
        times = itertools.count()

        def breaks_twice() -> None:
            if next(times) < 2:
                raise OSError("the frontier is away")
            crew.feeder.run()

        crew.parts[1] = Service("feeder", breaks_twice)
        assert crew.run() is False
    assert len(crew.settled) == URLS
    told = crew.log.told("feeder.restarted")
    assert [one["cause"] for one in told] == ["OSError: the frontier is away"] * 2


def test_a_part_that_keeps_dying_of_an_item_waits_longer_and_longer_and_ends_nothing(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(services, "RESTART_WAIT_S", 0.01)
    monkeypatch.setattr(supervisor, "TICK_S", 0.005)
    died_at = []

    def broken() -> None:
        died_at.append(time.monotonic())
        if len(died_at) == 8:
            crew.mailbox.stop("done")
        raise KeyError("cc")

    with Crew(tmp_path, well) as crew:
        crew.parts = [Service("seeder", broken)]
        assert crew.run() is False
    waits = [after - before for before, after in pairwise(died_at[:8])]
    assert waits[0] < 0.01
    assert [wait >= 0.01 * 2**at for at, wait in enumerate(waits[1:])] == [True] * 6
    told = crew.log.told("seeder.restarted")[:7]
    assert [one["cause"] for one in told] == ["KeyError: 'cc'"] * 7
    assert [one["exc_info"] is not None for one in told] == [True] + [False] * 6


def test_a_part_has_resumed_when_the_ledger_was_written_and_not_before(tmp_path, monkeypatch):
    monkeypatch.setattr(services, "FIRST_WAIT_S", 0.01)
    written, times = [0.0], itertools.count()
    log = Records()

    def waits() -> None:
        if next(times) == 0:
            raise LocalFaultError("another program holds it")
        gevent.sleep(10)

    crowd = Services(lambda _: None, log, lambda: written[0])
    (service,) = [Service("leaser", waits)]
    crowd.start([service])
    gevent.joinall([service.greenlet])
    crowd.bury(service.greenlet)
    assert log.told("leaser.paused")
    crowd.bring_back(time.monotonic() + 1)
    crowd.bring_back(time.monotonic() + 2)
    assert not log.told("leaser.resumed")
    written[0] = time.monotonic() + 2
    crowd.bring_back(time.monotonic() + 2)
    assert log.told("leaser.resumed")
    crowd.kill(1)


def test_a_part_that_keeps_dying_ends_the_crawler(tmp_path):
    def broken() -> None:
        raise OSError("no way")

    with Crew(tmp_path, well) as crew:
        crew.parts = [Service("feeder", broken)]
        with pytest.raises(ServiceDiedError, match=r"the feeder died 5 times .* OSError: no way"):
            crew.run()
        assert crew.supervisor.state is State.FAILED
