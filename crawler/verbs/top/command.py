"""The verb `top`: looks once a second, draws, and hears keys until q."""

import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from crawler.errors import CrawlerError
from crawler.frontier.actions import LookAtVisits
from crawler.frontier.questions import VisitsUnderWay
from crawler.model import Seconds
from crawler.verbs import status
from crawler.verbs.commands.watching import VISIT_ORDERS
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.orders import processes
from crawler.verbs.top import terminal
from crawler.verbs.top.prompt import Prompt, asked
from crawler.verbs.top.view import ENDLESS, HOST_ORDERS, Shown, View, Window, screen
from crawler.verbs.words import print_lines

LOOK_EVERY_S: Seconds = 3.0
"""Time between two notes that somebody looks; one lasts for 10 s."""
TOLD_WITHIN_S: Seconds = 3.0
"""How long processes are waited for that tell of their visits; they hear twice a second."""
GLANCE_S: Seconds = 0.1
"""Time between two looks meanwhile."""


def top(ledger: Ledger, *, interval: Seconds, order: str, once: bool, stacks: bool) -> int | None:
    """Do what `crawler top` says; its options are in `crawler/verbs/commands/`."""
    if stacks:
        return _dump(ledger)
    watcher = Watcher(ledger, order)
    if once or not (sys.stdin.isatty() and sys.stdout.isatty()):
        print_lines(watcher.once(), ledger.mask)
        return None
    with terminal.opened(), suppress(KeyboardInterrupt):
        _watch(watcher, max(0.1, interval))
    return None


class Watcher:
    """Looks at a ledger again and again, and has its processes know."""

    def __init__(self, ledger: Ledger, order: str) -> None:
        self._ledger = ledger
        self._view = View(order)
        self._held = False
        self._prompt: Prompt | None = None
        self._looked_at: Seconds = 0.0
        self._shown: Shown | None = None

    def once(self) -> list[str]:
        """Look until the processes have told of what is in flight, or could have."""
        deadline = time.monotonic() + TOLD_WITHIN_S
        while True:
            shown = self._look()
            if shown.is_told or time.monotonic() > deadline:
                return self._masked(screen(shown, self._view))
            time.sleep(GLANCE_S)

    def lines(self, window: Window = ENDLESS) -> list[str]:
        """Look, unless the screen is held still; return the lines to show."""
        if self._shown is None or not self._held:
            self._shown = self._look()
        line = self._prompt.line() if self._prompt else ""
        view = replace(self._view, held=self._held, line=line)
        return self._masked(screen(self._shown, view, window))

    def press(self, keys: str) -> bool:
        """Do what keys say; return whether to go on."""
        if self._prompt:
            self._prompt = self._prompt.typed(keys)
            return True
        for at, key in enumerate(keys):
            if key in _QUITS:
                return False
            _KEYS.get(key, Watcher.go_on)(self)
            if self._prompt:
                self._prompt = self._prompt.typed(keys[at + 1 :])
                break
        return True

    def go_on(self) -> None:
        """Do nothing but look again."""

    def hold(self) -> None:
        """Hold the screen still, or no longer."""
        self._held = not self._held

    def sort(self) -> None:
        """Sort the visits by the next order."""
        self._view = replace(self._view, order=_next(VISIT_ORDERS, self._view.order))

    def sort_hosts(self) -> None:
        """Sort the failing hosts by the next order."""
        self._view = replace(self._view, hosts=_next(HOST_ORDERS, self._view.hosts))

    def ask(self, verb: str) -> None:
        """Ask what is to be paused, or resumed."""
        if self._shown is not None:
            self._prompt = asked(verb, self._shown, self._ledger)

    def _masked(self, lines: Sequence[str]) -> list[str]:
        return [self._ledger.mask(line) for line in lines]

    def _look(self) -> Shown:
        with opened_by(self._ledger, acts=False) as desk:
            found = status.look(desk, self._ledger, self._view.hosts)
            visits = desk.entry(VisitsUnderWay(found.now))
        if found.now >= self._looked_at + LOOK_EVERY_S:
            self._looked_at = found.now
            with suppress(CrawlerError, OSError):  # who may only read sees the rest
                self._note()
        return Shown(found, visits)

    def _note(self) -> None:
        with opened_by(self._ledger, acts=False, write=True) as desk:
            desk.change(LookAtVisits())


def _next(orders: Sequence[str], order: str) -> str:
    return orders[(orders.index(order) + 1) % len(orders)]


_KEYS: dict[str, Callable[[Watcher], None]] = {
    " ": Watcher.hold,
    "s": Watcher.sort,
    "h": Watcher.sort_hosts,
    "p": lambda watcher: watcher.ask("pause"),
    "r": lambda watcher: watcher.ask("resume"),
}
_QUITS = frozenset("qQ\x03\x04")


def _watch(watcher: Watcher, interval: Seconds) -> None:
    while True:
        terminal.draw(watcher.lines(Window(*shutil.get_terminal_size())))
        if not watcher.press(terminal.keys(interval)):
            return


def _dump(ledger: Ledger) -> int:
    with opened_by(ledger, acts=False) as desk:
        here = processes.here(desk.sums().members)
    heard = processes.send(here, signal.SIGUSR1)
    print_lines(f"process {one.pid} writes its stacks to its standard error" for one in heard)
    if not heard:
        print_lines(["no daemon is running on this machine"])
    return int(not heard)
