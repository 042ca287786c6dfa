"""The dispatcher tells hooks of events that wait in the ledger, beside the visits.

Each hook has one delivery at a time in a process, and processes share the hooks of a ledger. What a
delivery has taken is this process's until it says what came of it, or ends.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from random import Random
from typing import Protocol

import gevent
from gevent.event import Event
from gevent.pool import Pool

from crawler.errors import EndOfProcessError, LocalFaultError
from crawler.frontier import Frontier
from crawler.frontier.outbox import MAX_WAITING, SLICE, HookTerms, Outlook, Waiting
from crawler.hooks.account import Account
from crawler.hooks.hook import Hook
from crawler.hooks.recorder import Recorder
from crawler.hooks.results import Result, failed_whole, told_of
from crawler.model import Seconds

MAX_AT_ONCE = 12
"""Hooks that are told at the same time."""
MAX_FAILING = 6
"""Hooks among them whose last delivery failed: each may hang, and others have room all the same."""
LOOK_S: Seconds = 5.0
"""Time between two looks at the ledger while nothing is known to be due: others record, too."""
GATHER_S: Seconds = 0.1
"""Time between two looks at the least, so that many events share a message."""
TRIM_S: Seconds = 10.0
"""Time between two looks for hooks for which too many events wait."""


class Ways(Protocol):
    """How hooks are told."""

    def number(self, hook: Hook, *, failing: bool) -> int:
        """Return how many events a delivery may take."""

    def deliver(self, hook: Hook, waiting: Sequence[Waiting]) -> Result:
        """Tell a hook; an error is a result."""


class Dispatcher:
    """Delivers while its service runs.

    `superseded` tells whether another process has a newer text of the configuration: then what this
    one does not know may be known there.
    """

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        recorder: Recorder,
        ways: Ways,
        account: Account,
        superseded: Callable[[], bool],
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._recorder = recorder
        self._ways = ways
        self._account = account
        self._superseded = superseded
        self._random = Random()  # noqa: S311  jitter is no secret
        self._wake = Event()
        self._pool = Pool(MAX_AT_ONCE)
        self._busy: set[int] = set()
        self._failing: set[int] = set()
        """Those of them whose last delivery failed."""
        self._anew = True
        """Whether other hooks are in force than when the ledger was told of them."""
        self._begins = True
        """Whether no delivery is under way: what this process had taken waits again."""
        self._fault: BaseException | None = None
        self._trimmed_at: Seconds = 0.0
        self._closing = False
        self._seen = -1
        """`Recorder.recorded` at the last look at the ledger."""
        self._waits = False
        """Whether something waited at the last look, or was taken."""
        recorder.woken = self._wake.set

    def reload(self) -> None:
        """Take up the hooks that are in force by now, and drop what waits for others."""
        self._anew = True
        self._account.keep(self._recorder.hooks)
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Tell whether each hook was told of everything."""
        if not self._recorder.hooks:
            return True
        all_seen = self._seen == self._recorder.recorded and not self._recorder.lists
        return all_seen and not (self._waits or self._busy)

    def run(self) -> None:
        """Look, and deliver, for ever; while no hook is in force this only waits.

        Raises:
            LocalFaultError: the ledger cannot be asked now.
            EndOfProcessError: the owner was taken for dead, or the ledger is lost.
        """
        self._anew, self._begins, self._fault = True, True, None
        try:
            while True:
                wait = self._look()
                self._wake.wait(wait)
                self._wake.clear()
                if self._fault:
                    raise self._fault
                gevent.sleep(GATHER_S)
        finally:
            self._pool.kill()

    def finish(self, ends_by: Callable[[], Seconds]) -> None:
        """Begin no delivery any more, and wait for those under way, until a monotonic time."""
        self._closing = True
        while self._busy and time.monotonic() < ends_by():
            gevent.wait(list(self._pool), timeout=GATHER_S, count=1)

    def _look(self) -> Seconds | None:
        """Do what is due; return when the next look is, None: when something happens."""
        if self._anew:
            self._enlist()
        hooks = self._recorder.hooks
        if not hooks:
            return None
        seen = self._recorder.recorded
        self._note_lists()
        self._trim(hooks)
        outlook = self._frontier.outlook(hooks.keys(), self._recorder.watched)
        self._close(outlook.over)
        self._seen, self._waits = seen, bool(outlook.due or outlook.taken or outlook.over)
        self._anew = self._anew or outlook.unknown
        return self._begin(hooks, outlook)

    def _enlist(self) -> None:
        """Tell the ledger of the hooks in force, and drop others with their events."""
        self._anew = False
        terms = [hook.terms for hook in self._recorder.hooks.values()]
        others = self._frontier.enlist(self._owner, terms, begins=self._begins)
        self._begins = False
        for one in () if self._superseded() else others:
            self._drop(one)

    def _drop(self, one: HookTerms) -> None:
        dropped, number = 0, SLICE
        while number == SLICE:
            number = self._frontier.drop(self._owner, one.id)
            dropped += number
            gevent.sleep(0.001)
        self._account.dropped(one, dropped)

    def _note_lists(self) -> None:
        """Record events that come with no settlement."""
        if events := self._recorder.lists[:]:
            self._frontier.note(self._owner, events)
            del self._recorder.lists[: len(events)]

    def _trim(self, hooks: Mapping[int, Hook]) -> None:
        """Give up the oldest events of hooks for which too many wait."""
        now = time.monotonic()
        if now < self._trimmed_at + TRIM_S:
            return
        self._trimmed_at = now
        for number, hook in hooks.items():
            given_up = 0
            while trimmed := self._frontier.trim(self._owner, number, MAX_WAITING):
                given_up += trimmed
            if given_up:
                self._account.trimmed(hook.terms, given_up)

    def _close(self, jobs: Collection[str]) -> None:
        """Record that jobs are done."""
        for job in jobs:
            events = self._recorder.job_done(job)
            scheduled = self._recorder.watched.get(job)
            if scheduled is None:
                continue  # a reload came in between
            if self._frontier.close_job(self._owner, job, events, scheduled=scheduled):
                self._wake.set()

    def _begin(self, hooks: Mapping[int, Hook], outlook: Outlook) -> Seconds:
        """Begin deliveries that are due; return how long until the next one is, LOOK_S at most."""
        wait = LOOK_S
        for number, due_in in sorted(outlook.due.items(), key=lambda one: one[1]):
            if number in self._busy or self._closing:
                continue
            if due_in > 0:
                wait = min(wait, due_in)
            else:
                self._spawn(hooks[number])
        return wait

    def _spawn(self, hook: Hook) -> None:
        """Begin a delivery, if there is room for one."""
        number, failing = hook.terms.id, self._account.failures(hook) > 0
        if not self._pool.free_count() or (failing and len(self._failing) >= MAX_FAILING):
            return
        self._busy.add(number)
        if failing:
            self._failing.add(number)
        self._pool.spawn(self._guarded, hook)

    def _guarded(self, hook: Hook) -> None:
        """Deliver once; what is wrong with the ledger ends the service, which begins anew."""
        try:
            self._deliver(hook)
        except (LocalFaultError, EndOfProcessError) as error:
            self._fault = error
        finally:
            self._busy.discard(hook.terms.id)
            self._failing.discard(hook.terms.id)
            self._wake.set()

    def _deliver(self, hook: Hook) -> None:
        failures = self._account.failures(hook)
        number = self._ways.number(hook, failing=failures > 0)
        waiting = self._frontier.take(self._owner, hook.terms.id, number)
        if not waiting:
            return
        try:
            result = self._ways.deliver(hook, waiting)
        except Exception as error:  # noqa: BLE001  a bug of ours that one event shows
            result = failed_whole(waiting, f"bug: {error!r}")
        told = told_of(waiting, result, hook.options, failures, self._random)
        self._frontier.told(self._owner, hook.terms.id, told)
        if hook.terms.id in self._recorder.hooks:  # else it was dropped meanwhile
            self._account.told(hook, waiting, told)
