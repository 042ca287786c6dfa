"""An operator beside a random walk: wishes that stand and end, orders, and what processes hear.

What was wished is kept beside the ledger, and compared after every step; so is what each process
was told, which it hears once.
"""

import math
import random
from collections import Counter
from contextlib import suppress

from crawler.errors import UsageError
from crawler.frontier import Wake, Wishes, changed, open_ledger
from crawler.frontier.wishes import (
    ALL,
    EndWishes,
    GiveOrder,
    MakeWish,
    Order,
    Scope,
    Subject,
    TakeBackWish,
    Verb,
    WakeHost,
    Wisher,
    paused_by,
)
from tests.parts.desk import at, rows
from tests.parts.frontiers import done

STEPS = {
    "pause": 4, "set": 1, "take_back": 4, "expire": 1, "wake": 2, "order": 1, "hear": 4,
}  # fmt: skip
"""How often each step is taken, beside the others."""
EACH_STEP = 0.5
"""Steps of the operator for one of the walk."""
ME = Wisher("walk", "desk7")


class Operator:
    """Wishes at random of the crawler that a walk is of."""

    def __init__(self, walk, frontier, file, number, jobs, hosts):
        self._random = random.Random(f"operator {number}")
        self._walk, self._frontier, self._file = walk, frontier, file
        self._jobs, self._hosts = jobs, hosts
        self._until = {}
        """When each wish is over, by verb, subject and option."""
        self._told = {}
        """Orders that each process is to hear."""
        self._heard = {}
        """Number of the wishes that each process has heard of."""

    def step(self):
        """Take a step, or none; see before and after it that those wishes stand that should."""
        self._check()
        if self._random.random() >= EACH_STEP:
            return
        (name,) = self._random.choices([*STEPS], STEPS.values())
        self._walk.trace.append((f"operator: {name}", getattr(self, f"_{name}")()))
        self._check()

    def _check(self):
        """See that those wishes stand, and no others; those of a job fall with it."""
        self._until = {
            which: until
            for which, until in self._until.items()
            if which[1].scope is not Scope.JOB or which[1].name in self._walk.active
        }
        found = {
            (wish.verb, wish.subject, wish.option): wish.until or math.inf
            for wish in rows(self._frontier, Wishes())
        }
        assert found == self._until

    def paused(self):
        """Return what is paused: what is over counts until it was taken back."""
        return paused_by(rows(self._frontier, Wishes()), 0.0)

    def _subject(self):
        host = self._random.choice(self._hosts) + self._random.choice(["", ":80"])
        job = self._random.choice(self._jobs)
        some = [Subject(Scope.HOST, host), Subject(Scope.JOB, job)]
        return self._random.choice([ALL, *some, *some, *some])

    def _pause(self):
        return self._wish(Verb.PAUSE, "", None)

    def _set(self):
        return self._wish(Verb.SET, self._random.choice(["delay", "per_host"]), 3)

    def _wish(self, verb, option, value):
        subject, lasts = self._subject(), self._random.choice([None, 5.0, 50.0])
        if self._change(MakeWish(verb, subject, ME, lasts, option, value)) is not None:
            until = math.inf if lasts is None else self._walk.now + lasts
            self._until[verb, subject, option] = until
            self._tell_hosts()
        return subject, option, lasts

    def _take_back(self):
        if not self._until:
            return None
        which = self._random.choice(sorted(self._until, key=str))
        assert self._change(TakeBackWish(*which), lost=0.0).total() == 1, (
            "also of what is forgotten"
        )
        assert not (self._change(TakeBackWish(*which)) or Counter()).total()
        del self._until[which]
        self._tell_hosts()
        return which

    def _expire(self):
        over = [which for which, until in self._until.items() if until <= self._walk.now]
        assert self._change(EndWishes(), lost=0.0).total() == len(over)
        for which in over:
            del self._until[which]
        self._tell_hosts()
        return over

    def _wake(self):
        name, force = self._random.choice(self._hosts), self._random.random() < 0.5
        return name, force, self._change(WakeHost(name, force))

    def _order(self):
        order = self._random.choice([*Order])
        owners = [one for one in sorted(self._walk.held) if self._random.random() < 0.6]
        given = self._change(GiveOrder(order, [*owners, 99_999], ME), lost=0.0)
        assert given.total() == len(owners)
        for one in owners:
            self._told.setdefault(one, []).append(order)
        return order, owners

    def _hear(self):
        """Let a process hear, and say so, as far as the ledger could be written."""
        if not self._walk.held:
            return None
        owner = self._random.choice(sorted(self._walk.held))
        frontier, before = self._walk.of(owner), self._heard.get(owner, 0)
        heard = frontier.hear(owner, before)
        told = self._told.get(owner, [])
        assert heard.wishes is not None or not told, "an order was not heard"
        if heard.wishes is None:
            return owner, None
        assert list(heard.orders.values()) == told
        assert list(heard.wishes) == rows(self._frontier, Wishes())
        if self._random.random() < 0.7:
            self._asked(frontier.heed, owner, heard.number, list(heard.orders))
            self._told.pop(owner, None)
            self._heard[owner] = heard.number
        return owner, heard

    def _tell_hosts(self):
        """Have the hosts of jobs hear that these are paused, or no longer, as processes do."""
        if not self._walk.held:
            self._walk.join()
        done(self._frontier, self._random.choice(sorted(self._walk.held)), Wake(), self._walk.now)

    def _asked(self, verb, *arguments, lost=0.2):
        """Ask once, or twice for the first reply was lost; return the last one."""
        if self._random.random() < lost:
            verb(*arguments)
        return verb(*arguments)

    def _change(self, action, **options):
        """Act as a verb does, or by the daemon's own frontier; None where it was refused."""
        with suppress(UsageError):
            if self._random.random() < 0.5:
                return self._asked(changed, at(self._frontier, self._walk.now), action, **options)
            with open_ledger(self._file, write=True) as desk:
                return self._asked(changed, at(desk, self._walk.now), action, **options)
        return None
