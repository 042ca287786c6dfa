"""Hosts learn what a configuration that is newly in force says of them, slice by slice."""

import time
from collections.abc import Callable

from crawler.frontier import Frontier


def wake_hosts(frontier: Frontier, look: Callable[[], None]) -> None:
    """Have hosts of jobs that came, went or changed looked at again."""
    while frontier.ask_again(time.time()):
        pass
    stale = frontier.stale()
    after = 0 if stale else None
    while after is not None:
        after = frontier.wake(stale, after, time.time())
    if stale:
        look()
