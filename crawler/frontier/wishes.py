"""What an operator wishes of the crawler: standing wishes, as the ledger has them."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any

from crawler.model import Seconds
from crawler.policy.paused import Paused
from crawler.value import value

LOOKED_S: Seconds = 10.0
"""How long a look at the visits under way lasts."""


class Scope(StrEnum):
    """How much of the crawler a wish is for."""

    ALL = "all"
    JOB = "job"
    HOST = "host"


@value
class Subject:
    """What a wish is for."""

    scope: Scope = Scope.ALL
    name: str = ""
    """Of a job; or of a host, as name:port, or as its name alone for every port."""

    def __str__(self) -> str:
        return f"{self.scope} {self.name}".strip()


ALL = Subject()


@value
class Wisher:
    """Who wishes, and why; for people."""

    who: str = ""
    machine: str = ""
    why: str = ""


class Verb(StrEnum):
    """What a standing wish asks for."""

    PAUSE = "pause"
    SET = "set"
    CAP = "cap"
    """A job is paused since it has spent its budget of `option`: no operator's wish."""


@value
class Wish:
    """A standing wish: true from when it is made until it is taken back; times are wall times."""

    id: int
    """Its number, which is never used again."""
    verb: Verb
    subject: Subject
    option: str
    value: Any
    """Of a wish that sets an option, the option and its value."""
    wisher: Wisher
    made_at: Seconds
    until: Seconds | None
    """It is over then; None: not by itself."""

    def is_over(self, now: Seconds) -> bool:
        """Tell whether its time is over, and it is about to be taken back."""
        return self.until is not None and self.until <= now


@value
class MakeWish:
    """Have a wish stand from now on; what stood for the same has its values, and keeps its number.

    It counts 1, as `new` or `changed`, or nothing where it stood just so and has no end. A job that
    the configuration has not, or a host that the ledger does not know, is a UsageError.
    """

    verb: Verb
    subject: Subject
    wisher: Wisher
    lasts: Seconds | None = None
    """It is taken back after so long; None: not by itself."""
    option: str = ""
    value: Any = None


@value
class TakeBackWish:
    """Have a wish stand no more; it counts 1, or nothing where none stood.

    A host may be forgotten by now. One that nobody knows, and of which nothing is wished, is a
    UsageError, as is a job that the configuration has not.
    """

    verb: Verb
    subject: Subject
    option: str = ""


@value
class EndWishes:
    """Take back the wishes whose time is over; it counts them."""


@value
class WakeHost:
    """End what failures ask of a host, now; URLs come forward that wait for nothing else.

    What the host asked for itself ends with `force` alone. Who holds the host hears of it, and what
    was computed before that does not count any more; if it dies unheard, the host rests for its
    delay. It counts `hosts`, then `urls`. A name that the ledger does not know is a UsageError.
    The times: a URL that is due later is due now. A host rests for its delay since its last answer,
    for its turn at its address, and without `force` as it asked itself; never longer than it would.
    """

    name: str
    """name:port, or name for every port"""
    force: bool = False


class Order(StrEnum):
    """What processes are told once."""

    STOP = "stop"
    RELOAD = "reload"


@value
class GiveOrder:
    """Tell processes something, once; it is void for one that is no more. It counts the others.

    Asked for again it is another order: a second STOP is heard as one.
    """

    order: Order
    owners: Sequence[int]
    wisher: Wisher


@value
class Heard:
    """The answer to `hear`."""

    number: int
    """Grows with every wish that is made, changed or taken back."""
    wishes: Sequence[Wish] | None
    """All that stand; None where the number is that of the last hearing."""
    woken: Mapping[int, bool] = field(default_factory=dict)
    """Numbers of the hosts that were woken since, with whether that was forced."""
    orders: Mapping[int, Order] = field(default_factory=dict)
    """Orders for the process that it has not said to have heard, by their numbers, in turn."""
    untold: bool = False
    """Whether hosts are to learn of jobs that were paused or resumed, by a `Wake` of anybody."""
    looked_at: Seconds = 0.0
    """When somebody looked last at the visits under way; 0: never, or no news."""


def paused_by(wishes: Sequence[Wish], now: Seconds) -> Paused:
    """Return what these wishes pause."""
    found: dict[Scope, set[str]] = {scope: set() for scope in Scope}
    for wish in wishes:
        if wish.verb is not Verb.SET and not wish.is_over(now):
            found[wish.subject.scope].add(wish.subject.name)
    jobs, hosts = frozenset(found[Scope.JOB]), frozenset(found[Scope.HOST])
    return Paused(bool(found[Scope.ALL]), jobs, hosts)
