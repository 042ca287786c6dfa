"""What open pages cost the ledger; `tests.bench page` measures what they cost the daemon."""

from pathlib import Path

import gevent

from tests.daemon.test_web import heard, made
from tests.program import until
from tests.rigs.statements import counted, within
from tests.web import Web

LOOKS = 4
"""Events that each stream hears, of which each tells of a look."""


def test_all_open_pages_cost_one_look_a_second_and_closed_ones_nothing(tmp_path):
    counts = tmp_path / "counts"
    with Web(made(tmp_path), within=within(counts)) as web:
        one, five = spent(web, counts, 1), spent(web, counts, 5)
        assert one > 0
        assert five < 1.6 * one, "each one looks"
        until(lambda: stays(counts), "somebody looks who has nobody to tell", web)
        assert web.stop() == 0


def spent(web: Web, counts: Path, streams: int) -> int:
    """Return how many statements there were while streams heard of some looks."""
    before = counted(counts)
    listening = [gevent.spawn(heard, web, LOOKS) for _ in range(streams)]
    gevent.joinall(listening, raise_error=True)
    return counted(counts) - before


def stays(counts: Path) -> bool:
    """Tell whether there is no statement for longer than the time between two looks."""
    before = counted(counts)
    gevent.sleep(2.5)
    return counted(counts) == before
