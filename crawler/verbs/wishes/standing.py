"""What the verbs of wishes share: their options, who wishes, and which processes have heard."""

import os
import pwd
import socket
import time
from typing import Any

from crawler.errors import CrawlerError, UsageError
from crawler.frontier import Desk, InFlight, Member, Wishes, pages
from crawler.frontier.process import current
from crawler.frontier.wishes import Scope, Subject, Wish, Wisher
from crawler.model import Seconds
from crawler.value import value
from crawler.verbs.words import counted

GLANCE_S: Seconds = 0.05
"""Time between two looks at processes that are to hear."""
MAX_WHY = 400
"""Characters of a reason."""
HEARD_WITHIN_S: Seconds = 10.0
"""How long `--wait` waits for processes to hear, which they do within a second."""


def subject_of(host: str | None, job: str | None) -> Subject:
    """Return what a wish is for.

    Raises:
        UsageError: both are given.
    """
    if host is not None and job is not None:
        raise UsageError("give --host or --job, not both; the verb may be given once for each")
    if job is not None:
        return Subject(Scope.JOB, job)
    return Subject() if host is None else Subject(Scope.HOST, host)


def wisher(why: str | None) -> Wisher:
    """Return who runs this, behind sudo too.

    Raises:
        UsageError: the reason is too long to be shown where it acts.
    """
    if why and len(why) > MAX_WHY:
        raise UsageError(f"--why is {len(why):,} characters long, and {MAX_WHY} is the most")
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user that the machine has no name for
        name = str(os.getuid())
    return Wisher(os.environ.get("SUDO_USER") or name, socket.gethostname(), why or "")


def standing(desk: Desk) -> list[Wish]:
    """Return the wishes that stand and are not over."""
    now = desk.now()
    return [wish for page in pages(desk, Wishes()) for wish in page if not wish.is_over(now)]


@value
class Hearers:
    """Which of the living processes have the wishes of today in force."""

    heard: tuple[Member, ...]
    others: tuple[Member, ...]

    def in_words(self) -> str:
        """Return what has come of a wish, in a sentence."""
        living = len(self.heard) + len(self.others)
        if not living:
            return "no daemon is running: in force from the next start"
        if not self.others:
            return f"heard by {counted(living, 'process').replace('processs', 'processes')}"
        return f"heard by {len(self.heard)} of {living} processes; by all within a second"

    def document(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {
            "processes": [one.process.pid for one in (*self.heard, *self.others)],
            "heard": [one.process.pid for one in self.heard],
        }


def hearers(desk: Desk, number: int | None = None) -> Hearers:
    """Return which processes have heard of the wishes of a number; None: of all by now."""
    sums, machine, now = desk.sums(), current().machine, desk.now()
    number = sums.wishes if number is None else number
    living = [one for one in sums.members if one.life(machine, now) == "alive"]
    heard = tuple(one for one in living if one.heard >= number)
    return Hearers(heard, tuple(one for one in living if one not in heard))


def wait(desk: Desk, subject: Subject | None = None) -> Hearers:
    """Wait until every living process has heard, and no visit of a subject is under way.

    What others wish meanwhile is not waited for, nor a process that is gone.

    Raises:
        CrawlerError: a process does not hear.
    """
    number, deadline = desk.sums().wishes, time.monotonic() + HEARD_WITHIN_S
    while (found := hearers(desk, number)).others:
        if time.monotonic() > deadline:
            pids = ", ".join(str(one.process.pid) for one in found.others)
            raise CrawlerError(
                f"process {pids} has not heard of it within {HEARD_WITHIN_S:g} s: is it stopped?"
            )
        time.sleep(GLANCE_S)
    while subject is not None and found.heard and desk.entry(InFlight(subject)):
        time.sleep(GLANCE_S)
        found = hearers(desk, number)
    return found
