"""Events that hooks are told of, as they wait in the ledger, and what becomes of them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crawler.model import Seconds

MAX_WAITING = 100_000
"""Events that wait for one hook; of more the oldest are given up."""
MAX_COUNTED = 10_000
"""Events that wait for a hook are counted so far."""
SLICE = 2000
"""Events that one transaction takes away."""


class HookTerms(NamedTuple):
    """A hook as the ledger knows it."""

    id: int
    """Made of its job and its target: the same in every process and after every start."""
    job: str
    name: str
    """For people; it holds nothing secret."""


class Event(NamedTuple):
    """An event for one hook, to be recorded."""

    hook: int
    id: str
    """The same for each hook, and in each delivery."""
    lane: int
    """Events of one lane come to a hook in their order: those of a URL, of a host, of a list."""
    body: str
    """JSON that is told."""
    task: int | None = None
    """The task with whose settlement it is recorded, if that counts; None: with no such one."""


class Notices(NamedTuple):
    """What is recorded with settlements."""

    events: Sequence[Event] = ()
    begun: frozenset[str] = frozenset()
    """Jobs whose end is to be told, and that have had a visit."""


NO_NOTICES = Notices()


class Waiting(NamedTuple):
    """An event that a process has taken, to tell a hook of it."""

    number: int
    id: str
    lane: int
    body: str
    attempts: int
    """How often that has failed."""
    age: Seconds
    """Time since it was recorded."""


class Told(NamedTuple):
    """What came of events that a process had taken, by number, and how their hook is since."""

    delivered: Sequence[int] = ()
    failed: Mapping[int, Seconds] = {}
    """How long each waits for its next attempt."""
    given_up: Sequence[int] = ()
    back: Sequence[int] = ()
    """They were not tried."""
    reason: str = ""
    """What went wrong, in words; '' if nothing did."""
    rest: Seconds = 0.0
    """How long nothing is tried at the hook."""


class Outlook(NamedTuple):
    """What waits for some hooks; times are seconds from now, below 0 where they have passed."""

    due: Mapping[int, Seconds]
    """When the first event of each hook is to be tried, where one waits that nobody has taken."""
    taken: bool
    """Whether a process has taken one of any hook."""
    unknown: bool
    """Whether the ledger does not know one of the hooks: another process has dropped it."""
    over: Sequence[str]
    """Jobs that have had a visit, and of which each URL has come to its end."""


class HookState(NamedTuple):
    """A hook, and what waits for it."""

    job: str
    name: str
    waiting: int
    """Counted as far as MAX_COUNTED."""
    failures: int
    """In a row."""
    failing_since: Seconds | None
    """The frontier's time."""
    reason: str
