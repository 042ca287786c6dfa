"""What becomes of events whose delivery failed, and for how long their hook is left alone. Pure."""

from random import Random

from crawler.model import Seconds

FIRST_WAIT_S: Seconds = 1.0
"""Wait after the first failure; it doubles with every further one."""
MAX_EVENT_WAIT_S: Seconds = 3600.0
"""Longest wait of an event that fails by itself."""
MAX_HOOK_WAIT_S: Seconds = 600.0
"""Longest rest of a hook that takes nothing: so long after it is well again it hears of that."""
MAX_ASKED_S: Seconds = 3600.0
"""Longest rest that a receiver may ask for, with Retry-After."""


def event_wait(attempts: int, random: Random) -> Seconds:
    """Return how long an event waits that has failed so often."""
    return _wait(attempts, MAX_EVENT_WAIT_S, random)


def hook_rest(failures: int, asked: Seconds, random: Random) -> Seconds:
    """Return how long a hook rests that has taken nothing so often, or for as long as it asked."""
    return max(_wait(failures, MAX_HOOK_WAIT_S, random), min(asked, MAX_ASKED_S))


def is_given_up(attempts: int, age: Seconds, most: int, give_up: Seconds) -> bool:
    """Tell whether an event that has failed so often, and is so old, is not tried again."""
    return attempts >= most or age > give_up


def _wait(failures: int, most: Seconds, random: Random) -> Seconds:
    """Return a wait that grows exponentially, of which half is jitter."""
    ceiling = min(most, FIRST_WAIT_S * 2.0 ** min(max(0, failures - 1), 30))
    return random.uniform(ceiling / 2, ceiling)
