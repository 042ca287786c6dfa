"""Services that die: one is started again, and one that keeps dying ends the crawler."""

import itertools

import pytest

from crawler.daemon.services import Service
from crawler.daemon.supervisor import State
from crawler.errors import ServiceDiedError
from tests.parts.crew import URLS, Crew, well


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


def test_a_part_that_keeps_dying_ends_the_crawler(tmp_path):
    def broken() -> None:
        raise OSError("no way")

    with Crew(tmp_path, well) as crew:
        crew.parts = [Service("feeder", broken)]
        with pytest.raises(ServiceDiedError, match=r"the feeder died 6 times .* OSError: no way"):
            crew.run()
        assert crew.supervisor.state is State.FAILED
