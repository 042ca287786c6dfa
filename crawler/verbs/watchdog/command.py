"""The verb `watchdog` of the command line."""

import os
import signal
import sys
import time
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import gevent
from gevent.fileobject import FileObject

from crawler.errors import CrawlerError, UsageError
from crawler.frontier import open_ledger
from crawler.log import iso
from crawler.model import Seconds
from crawler.policy.hanging import Sight, Watch
from crawler.verbs import status
from crawler.verbs.ledger import Ledger
from crawler.verbs.watchdog.events import events
from crawler.verbs.watchdog.signs import Signs
from crawler.verbs.watchdog.supervisord import Program, Supervisord
from crawler.verbs.words import print_lines, span

STACKS_S: Seconds = 2.0
"""Time for a process to write its stacks, before it is killed."""


class Watchdog:
    """Looks at the processes of groups of supervisord at each of its ticks."""

    def __init__(
        self, ledger: Ledger, supervisord: Supervisord, groups: Collection[str], watch: Watch
    ) -> None:
        self._ledger = ledger
        self._supervisord = supervisord
        self._groups = groups
        self._watch = watch
        self._told = ""

    def run(self, happened: Iterator[str], signs: Signs) -> None:
        """Look at every tick, until supervisord is gone; what cannot be looked at is told once."""
        for event in happened:
            if event.startswith("TICK"):
                try:
                    self._look(signs)
                    self._told = ""
                except (CrawlerError, OSError) as error:
                    self._tell_once(f"cannot look: {error}")

    def _look(self, signs: Signs) -> None:
        running = self._supervisord.running(self._groups)
        signs.keep({one.pid for one in running})
        silences = self._silences()
        now = time.monotonic()
        sights = [
            Sight(name, pid, signs.silence(pid, now), silences.get(pid)) for name, pid in running
        ]
        for one in self._watch.look(sights, now):
            self._restart(one)

    def _silences(self) -> Mapping[int, Seconds]:
        """Return for how long the ledger has not heard of each process of this machine."""
        with open_ledger(self._ledger.state) as desk:
            found = status.look(desk, self._ledger)
        return {
            one.process.pid: found.silence(one)
            for one in found.living
            if one.process.machine == found.machine
        }

    def _restart(self, one: Sight) -> None:
        """Have a process write its stacks, and kill it: supervisord starts it anew by itself."""
        silence = min(sign for sign in (one.said, one.heard) if sign is not None)
        self._tell(f"{one.name}, process {one.pid}, hangs: it gave no sign of life for "
                   f"{span(silence)}; it is started anew")  # fmt: skip
        program = Program(one.name, one.pid)
        self._supervisord.signal(program, "USR1")
        gevent.sleep(STACKS_S)
        if program in self._supervisord.running(self._groups):
            self._supervisord.signal(program, "KILL")

    def _tell_once(self, words: str) -> None:
        if words != self._told:
            self._told = words
            self._tell(words)

    def _tell(self, words: str) -> None:
        print_lines([f"{iso(time.time())} {words}"], self._ledger.mask, err=True)


def _supervisord(environment: Mapping[str, str]) -> Supervisord:
    """Return the supervisord that started this process.

    Raises:
        UsageError: none did.
    """
    url = environment.get("SUPERVISOR_SERVER_URL", "")
    if not url:
        raise UsageError(
            "supervisord did not start this: let an [eventlistener:watchdog] of its configuration "
            "do so, beside a [unix_http_server]"
        )
    user = environment.get("SUPERVISOR_USERNAME", "")
    login = f"{user}:{environment.get('SUPERVISOR_PASSWORD', '')}".encode()
    return Supervisord(
        url, [("Authorization", f"Basic {b64encode(login).decode()}")] if user else []
    )


def watchdog(
    ledger: Ledger,
    *,
    place: Path,
    groups: tuple[str, ...],
    max_silence: Seconds,
    patience: Seconds,
) -> None:
    """Do what `crawler watchdog` says; its options are in `crawler/verbs/commands/`."""
    supervisord = _supervisord(os.environ)
    watch = Watch(max_silence, patience)
    ended = gevent.signal_handler(signal.SIGTERM, gevent.getcurrent().throw, SystemExit)
    told = FileObject(sys.stdin.fileno(), "rb", closefd=False)
    with supervisord, Signs(place) as signs:
        watchdog = Watchdog(ledger, supervisord, groups, watch)
        watchdog.run(events(told, sys.stdout.buffer), signs)
    ended.cancel()
