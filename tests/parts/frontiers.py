"""What the tests of the frontier share. An engine added to `ENGINES` runs through all of them."""

import subprocess
import sys

from crawler.frontier import Portion, Pulse, open_frontier, tidied
from crawler.frontier.process import Process, current
from crawler.model import Outcome
from crawler.records import Seed, Settlement
from crawler.urls import fingerprint, host_of

NOW = 1_000_000.0
LATER = 10_000.0
"""More than any rest here."""
ENGINES = {"sqlite": lambda folder: open_frontier(folder / "state.sqlite", durable=False)}


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
    return list(tidied(frontier, owner, work, lambda: now))


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
