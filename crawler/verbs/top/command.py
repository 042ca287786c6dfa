"""The verb `top`: looks once a second, draws, and hears keys until q."""

import shutil
import signal
import sys
import time
from contextlib import suppress

import click

from crawler.errors import CrawlerError
from crawler.frontier.actions import LookAtVisits
from crawler.frontier.questions import VisitsUnderWay
from crawler.model import Seconds
from crawler.verbs import status
from crawler.verbs.desk_options import Span, verb_of
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.orders import processes
from crawler.verbs.top import terminal
from crawler.verbs.top.view import ENDLESS, ORDERS, Shown, Window, screen
from crawler.verbs.words import print_lines

KNOWN_WITHIN_S: Seconds = 6.0
"""How long `--once` waits for processes to tell: they do with their next heartbeat."""
GLANCE_S: Seconds = 0.2
"""Time between two looks of `--once`."""
LOOK_EVERY_S: Seconds = 3.0
"""Time between two notes that somebody looks; one lasts for 10 s."""


@click.command("top")
@verb_of
@click.option(
    "--interval", type=Span(), default="1s", show_default=True, help="Time between two looks."
)
@click.option("--sort", "order", type=click.Choice(ORDERS), default="age", show_default=True,
              help="Order of the visits; s changes it.")  # fmt: skip
@click.option(
    "--once", is_flag=True, help="Print once, as soon as processes have told what is in flight."
)
@click.option(
    "--stacks", is_flag=True,
    help="Have the processes of this machine write the stacks of all that they do, and end.",
)  # fmt: skip
def top_verb(
    ledger: Ledger, *, interval: Seconds, order: str, once: bool, stacks: bool
) -> int | None:
    """Show the crawler live: processes, rates, failing hosts and the visits under way.

    q quits, s sorts by age, bytes, speed or host, p holds the screen still.
    """
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
        self._order = order
        self._paused = False
        self._looked_at: Seconds = 0.0
        self._shown: Shown | None = None

    def lines(self, window: Window = ENDLESS) -> list[str]:
        """Look, unless the screen is held still; return the lines to show."""
        if self._shown is None or not self._paused:
            self._shown = self._look()
        lines = screen(self._shown, self._order, window, paused=self._paused)
        return [self._ledger.mask(line) for line in lines]

    def once(self) -> list[str]:
        """Look until visits under way are known, where there are some; return the lines to show."""
        ends_at = time.monotonic() + KNOWN_WITHIN_S
        lines = self.lines()
        while self._shown and self._shown.is_untold and time.monotonic() < ends_at:
            time.sleep(GLANCE_S)
            lines = self.lines()
        return lines

    def press(self, key: str) -> bool:
        """Do what a key says; return whether to go on."""
        if key == "s":
            self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        elif key == "p":
            self._paused = not self._paused
        return key not in {"q", "Q", "\x03", "\x04"}

    def _look(self) -> Shown:
        with opened_by(self._ledger, acts=False) as desk:
            found = status.look(desk, self._ledger)
            visits = desk.entry(VisitsUnderWay(found.now))
        if found.now >= self._looked_at + LOOK_EVERY_S:
            self._looked_at = found.now
            with suppress(CrawlerError, OSError):  # who may only read sees the rest
                self._note()
        return Shown(found, visits)

    def _note(self) -> None:
        with opened_by(self._ledger, acts=False, write=True) as desk:
            desk.change(LookAtVisits())


def _watch(watcher: Watcher, interval: Seconds) -> None:
    while True:
        terminal.draw(watcher.lines(Window(*shutil.get_terminal_size())))
        if not watcher.press(terminal.key(interval)):
            return


def _dump(ledger: Ledger) -> int:
    with opened_by(ledger, acts=False) as desk:
        here = processes.here(desk.sums().members)
    heard = processes.send(here, signal.SIGUSR1)
    print_lines(f"process {one.pid} writes its stacks to its standard error" for one in heard)
    if not heard:
        print_lines(["no daemon is running on this machine"])
    return int(not heard)


VERBS: tuple[click.Command, ...] = (top_verb,)
