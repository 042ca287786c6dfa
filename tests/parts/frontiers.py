"""What the tests of the frontier share. An engine added to `ENGINES` runs through all of them."""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import NamedTuple

from crawler.frontier import Clocks, Desk, Portion, Pulse, open_frontier, open_ledger, tidied
from crawler.frontier.postgres.opening import connect
from crawler.frontier.process import Process, current
from crawler.model import Outcome
from crawler.records import Seed, Settlement
from crawler.state_address import state_address
from crawler.urls import fingerprint, host_of
from tests import postgres

NOW = 1_000_000.0
LATER = 10_000.0
"""More than any rest here."""
TIMES = {
    "join": 1, "beat": 2, "leave": 2, "configure": 1, "add": 2, "tidy": 2, "lease": 1, "put": 2,
    "take_in": 2, "end_pass": 2,
}  # fmt: skip
"""Verbs that are asked at a time, and where among the arguments of a test that stands."""


class Timed:
    """A frontier on a made-up clock, which a verb's own argument sets: `frontier.add(…, NOW)`.

    The time of day, as an argument, lets the clock run. The wall clock may differ by `skew`.
    """

    def __init__(self, state, *, skew=0.0, boot="made up", **options):
        self.time, self.skew = NOW, skew
        clocks = Clocks(lambda: self._clock() + self.skew, self._clock, boot)
        self.frontier = open_frontier(state, clocks=clocks, **options)

    def _clock(self):
        return time.time() if self.time is None else self.time

    def __enter__(self):
        self.frontier.__enter__()
        return self

    def __exit__(self, *error):
        self.frontier.__exit__(*error)

    def __getattr__(self, name):
        verb = getattr(self.frontier, name)
        return partial(self._at, verb, TIMES[name]) if name in TIMES else verb

    def _at(self, verb, place, *given, **named):
        if len(given) > place and isinstance(given[place], float):
            self.time = None if abs(given[place] - time.time()) < 1 else given[place]
            given = given[:place] + given[place + 1 :]
        return verb(*given, **named)


class Seen:
    """A frontier as one of several processes asks it, by clocks of its own."""

    def __init__(self, frontier, steady, skew=float):
        self._frontier, self._steady, self._skew = frontier, steady, skew

    def now(self):
        self._frontier.time = self._steady()
        return self._frontier.now()

    def __getattr__(self, name):
        verb = getattr(self._frontier, name)
        return partial(self._asked, verb) if name in TIMES else verb

    def _asked(self, verb, *given, **named):
        self._frontier.time, self._frontier.skew = self._steady(), self._skew()
        return verb(*given, **named)


class Engine(NamedTuple):
    """How a test opens the one ledger of its folder."""

    frontier: Callable[..., Timed]
    """By a process, at made-up clocks."""
    ledger: Callable[..., AbstractContextManager[Desk]]
    """From outside, with the options of `open_ledger`."""

    def at(self, folder):
        """Leave out the folder from now on."""
        return Engine(*(partial(each, folder) for each in self))


def _engine(place, made=None):
    return Engine(
        lambda folder, **clocks: Timed((made or place)(folder), durable=False, **clocks),
        lambda folder, **options: open_ledger(place(folder), **options),
    )


@cache
def with_ledger():
    """Return the name of a database with an empty ledger: its copy is had sooner than another."""
    name = postgres.shared().create()
    connect(state_address(postgres.shared().url(name)), make=True).server.close()
    return name


ENGINES = {
    "sqlite": _engine(lambda folder: folder / "state.sqlite"),
    "postgres": _engine(
        lambda folder: state_address(postgres.url_of(folder)),
        lambda folder: state_address(postgres.url_of(folder, with_ledger())),
    ),
}


def seed(url, job="job"):
    return Seed(fingerprint(job, url), url, host_of(url))


def seeds(*hosts, each=1, job="job"):
    return [seed(f"http://{host}/{number}", job) for host in hosts for number in range(each)]


def join(frontier, now=NOW, process=None, holder=None):
    return frontier.join(process or current(), now, holder).owner


def beat(frontier, owner, now=NOW, pulse=None, **watched):
    return frontier.beat(owner, pulse or Pulse("running"), now, **watched)


def reclaim(frontier, now, machine=None, *, mine=0, watched=None):
    """Take back what the dead have left, as the owner `mine` or one that comes for that alone."""
    process = current() if machine in {None, current().machine} else Process(machine, 1, "1")
    owner = mine or join(frontier, now, process)
    reclaimed = beat(frontier, owner, now, watched=watched).reclaimed
    if not mine:
        frontier.leave(owner, [], now)
    return reclaimed


def in_force(frontier):
    """Return which configuration holds the ledger, as one hears who joins."""
    joined = frontier.join(current(), NOW)
    frontier.leave(joined.owner, [], NOW)
    return joined.before


def take(frontier, owner, now=NOW, **options):
    """Lease, and return {host: tasks}."""
    options = {"new": 10, "refills": {}, "idle": []} | options
    return {host.key: host for host in frontier.lease(owner, now, **options).hosts}


def done(frontier, owner, work, now=NOW):
    """Do all of a work, and return what its slices found."""
    frontier.time = now
    return list(tidied(frontier, owner, work))


def move(frontier, owner, found, now=NOW):
    """Note where hosts were found; return those that went back."""
    lease = frontier.lease(owner, now, new=0, refills={}, idle=[], found=found)
    return lease.refused


def put(frontier, one, chunks, now=NOW):
    """Take in chunks of a pass."""
    (synced,) = frontier.put(one.owner, [Portion(one, chunks)], now)
    return synced


def end_pass(frontier, one, read, now=NOW, gone=()):
    """End a pass that is applied, or kept where `gone` is None; return the number of its slices."""
    after, slices = 0, 0
    while after is not None:
        after, slices = frontier.end_pass(one, read, now, gone, after), slices + 1
    return slices


def one_task(frontier, owner, now=NOW):
    (host,) = take(frontier, owner, now).values()
    return host.tasks[0]


def settled(task, kind, verdict, at=NOW, **more):
    return Settlement(task, Outcome(kind, **more), verdict, at)


def gone():
    """A process of this machine that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pid = child.pid
    return Process(current().machine, pid, "1")
