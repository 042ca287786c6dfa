"""A ledger on two servers of which one leads: the other takes over, and nothing is lost."""

import itertools
import time

import gevent
import pytest

from crawler.errors import LocalFaultError
from crawler.frontier import open_frontier
from crawler.state_address import state_address
from tests import FULL
from tests.parts.frontiers import seeds
from tests.program import until
from tests.rigs.patroni import TTL_S, Patroni

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not FULL, reason="a campaign of a minute: CRAWLER_CAMPAIGN=full"),
]
AGAIN_S = 0.2
LATER_S = 15.0
"""What a client may need beyond the time in which nobody leads."""


class Writer:
    """A process that adds a URL after the other, and asks again where that failed."""

    def __init__(self, address):
        self.done = 0
        """URLs that the frontier took in, as it has said."""
        self.longest = 0.0
        """Seconds between two of them, at most."""
        self.faults = []
        self._frontier = open_frontier(address, durable=True)
        self._last = time.monotonic()

    def run(self):
        with self._frontier as frontier:
            for number in itertools.count():
                self._add(frontier, number)

    def _add(self, frontier, number):
        while True:
            try:
                frontier.add("job", seeds(f"h{number}.example"))
            except LocalFaultError as fault:
                self.faults.append(str(fault))
                gevent.sleep(AGAIN_S)
            else:
                break
        self.longest = max(self.longest, time.monotonic() - self._last)
        self._last, self.done = time.monotonic(), number + 1

    def go_on(self):
        """Wait until it has written anew."""
        before = self.done
        until(lambda: self.done > before + 5, f"it stands still: {self.faults[-3:]}")

    def pause(self):
        """Return how long it stood still since this was asked last."""
        longest, self.longest = self.longest, 0.0
        return longest


def test_what_was_said_to_be_written_is_there_whoever_leads():
    with Patroni() as servers:
        writer = Writer(state_address(servers.url()))
        running = gevent.spawn(writer.run)
        try:
            writer.go_on()
            writer.pause()
            away = servers.switch_over()
            writer.go_on()
            print(f"switched over in {away:.1f} s, it stood still for {writer.pause():.1f} s")
            servers.wait_for_standby()
            old = servers.leader()
            away = servers.fail_over()
            writer.go_on()
            pause = writer.pause()
            print(f"failed over in {away:.1f} s, it stood still for {pause:.1f} s")
            old.start()
            servers.wait_for_standby()
            writer.go_on()
        finally:
            running.kill()
        print(sorted(set(writer.faults)))
        ((known,),) = servers.leader().ask("SELECT count(*) FROM crawler.task")
        assert known - writer.done in {0, 1}, "the last one may be done and not said"
        assert pause < max(away, TTL_S) + LATER_S
