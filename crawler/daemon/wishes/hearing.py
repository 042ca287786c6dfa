"""Hears of an operator's wishes: it looks into the ledger, and puts in force what stands there.

That is a read beside everything else, so it is no heartbeat: it waits for no program that writes,
and a process of which nothing is wished writes nothing for it.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence

import gevent
from gevent.event import Event

from crawler.daemon.reloading import Reloader
from crawler.daemon.wishes.waking import Waking
from crawler.errors import LocalFaultError, StateError
from crawler.feeder.feeder import Feeder
from crawler.frontier import Frontier, changed
from crawler.frontier.wishes import LOOKED_S, EndWishes, Heard, Order, Verb, Wish, paused_by
from crawler.log import Log, iso
from crawler.model import Seconds

HEAR_S: Seconds = 0.5
"""Time between two looks: what is wished is in force within a second."""
CALM = 10
"""How many times as long as a look took another one is put off that is asked for."""


class Hearing:
    """Looks while it runs.

    `wake` has hosts learn that jobs are paused, or no longer; `set_` has other options be in force;
    `orders` has what is done for each; `looked` has the visits under way be told. It is deaf until
    the first look.
    """

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        log: Log,
        *,
        feeder: Feeder,
        reloader: Reloader,
        wake: Callable[[], None],
        set_: Callable[[], None],
        orders: Mapping[Order, Callable[[], None]],
        looked: Callable[[], None] = lambda: None,
        monotonic: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._log = log
        self._feeder = feeder
        self._reloader = reloader
        self._wake = wake
        self._set = set_
        self.saying = Waking(self.say)
        """Says what is in force: that may have to wait for whoever writes, while looks go on."""
        self._monotonic = monotonic
        self._orders = orders
        self._looked = looked
        self.asked = Event()
        """Set where a look is wanted at once."""
        self._obeyed = 0
        """Number of the last order that was obeyed."""
        self._number = 0
        self._unsaid: Heard | None = None
        """What is in force here, where the ledger does not know that yet."""
        self._wishes: dict[int, Wish] = {}
        feeder.heard(-math.inf)

    def run(self) -> None:
        """Look twice a second, and where that is asked for; for ever."""
        calm: Seconds = 0.0
        while True:
            gevent.sleep(calm)
            self.asked.wait(HEAR_S - calm)
            self.asked.clear()
            began = self._monotonic()
            self.look()
            calm = min(HEAR_S, CALM * (self._monotonic() - began))

    def look(self) -> None:
        """Put in force what stands, as far as it was not heard before.

        Raises:
            LeaseLostError: the owner was taken for dead.
        """
        at = self._monotonic()
        try:
            heard = self._frontier.hear(self._owner, self._number)
        except (LocalFaultError, StateError) as error:  # whoever writes is told of it likewise
            return self._log.debug("wish.unheard", cause=str(error))
        if heard.wishes is not None:
            self._take_up(heard, heard.wishes)
            self._obey(heard.orders)
            self._unsaid = heard
        self._feeder.heard(at)
        if heard.looked_at > self._frontier.now() - LOOKED_S:
            self._looked()
        if self._unsaid or self._is_over():
            self.saying.ask()
        return None

    def say(self) -> None:
        """Note in the ledger what is in force here, and take back what is over by its time.

        What fails is asked for again by the next look.

        Raises:
            LeaseLostError: the owner was taken for dead.
        """
        try:
            if (heard := self._unsaid) is not None:
                self._frontier.heed(self._owner, heard.number, list(heard.orders))
                self._unsaid = None if self._unsaid is heard else self._unsaid
            if self._is_over():
                changed(self._frontier, EndWishes())
        except (LocalFaultError, StateError) as error:
            self._log.debug("wish.unheard", cause=str(error))

    def _take_up(self, heard: Heard, wishes: Sequence[Wish]) -> None:
        before, self._wishes = self._wishes, {wish.id: wish for wish in wishes}
        self._number = heard.number
        self._feeder.heed(paused_by(wishes, self._frontier.now()))
        self._feeder.wake(heard.woken)
        for wish in wishes:
            if before.get(wish.id) != wish:
                self._tell(wish)
        capped = {wish.subject for wish in wishes if wish.verb is Verb.CAP}
        for number in before.keys() - self._wishes.keys():
            ended = before[number]
            if not (ended.verb is Verb.CAP and ended.subject in capped):  # by another cap
                self._tell_ended(ended)
        if heard.untold:
            self._wake()
        self._set_options(wishes)

    def _obey(self, orders: Mapping[int, Order]) -> None:
        """Do as told, once: an order that is not noted as heard yet comes again."""
        for number, order in orders.items():
            if number > self._obeyed:
                self._obeyed = number
                self._log.info("order.heard", verb=order.value)
                self._orders[order]()

    def _set_options(self, wishes: Sequence[Wish]) -> None:
        """Have the options that are set be in force, if they are others now."""
        now = self._frontier.now()
        sets = [wish for wish in wishes if wish.verb is Verb.SET and not wish.is_over(now)]
        if sets != self._reloader.wishes:
            self._reloader.wishes = sets
            self._set()

    def _tell(self, wish: Wish) -> None:
        wisher = wish.wisher
        if wish.verb is Verb.CAP:
            self._log.info(
                "job.capped", job=wish.subject.name, option=wish.option, cap=wish.value,
                since=iso(wish.made_at),
            )  # fmt: skip
            return
        self._log.info(
            "wish.heard",
            verb=wish.verb.value,
            of=str(wish.subject),
            option=wish.option or None,
            value=wish.value,
            by=f"{wisher.who} on {wisher.machine}",
            why=wisher.why or None,
            until=None if wish.until is None else iso(wish.until),
        )

    def _tell_ended(self, wish: Wish) -> None:
        if wish.verb is Verb.CAP:
            self._log.info("job.uncapped", job=wish.subject.name, option=wish.option)
            return
        self._log.info(
            "wish.ended",
            verb=wish.verb.value,
            of=str(wish.subject),
            option=wish.option or None,
        )

    def _is_over(self) -> bool:
        """Tell whether the time of a wish is over: the look after its end hears of that."""
        now = self._frontier.now()
        return any(wish.is_over(now) for wish in self._wishes.values())
