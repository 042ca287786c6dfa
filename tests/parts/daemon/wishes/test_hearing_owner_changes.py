"""A host that changes its owner every second is paused and woken, exactly as told.

Two processes take a failing host from each other, with their own hearing, feeder and leaser, on a
made-up clock; an operator pauses, resumes and wakes it at random. What the host is owed is written
down beside them.
"""

import random
from itertools import cycle

import pytest

from crawler.config import Settings
from crawler.daemon.configuration import Configuration
from crawler.daemon.reloading import Reloader
from crawler.daemon.wishes.hearing import HEAR_S, Hearing
from crawler.frontier import changed
from crawler.frontier.wishes import (
    ALL,
    MakeWish,
    Scope,
    Subject,
    TakeBackWish,
    Verb,
    WakeHost,
    Wisher,
)
from crawler.model import Kind
from crawler.seeder.waking import wake_hosts
from crawler.store import Files
from tests import FULL
from tests.parts.feeder.work import Work
from tests.parts.logs import Silence

WISHES = 200
STORIES = range(20 if FULL else 2)
STEP_S = 0.1
IN_FORCE_S = HEAR_S + STEP_S
"""Time after which what is wished is in force."""
WITHOUT_OWNER_S = 0.31
"""Time that a host takes from one owner to the next here, at the most."""
SUBJECTS = [ALL, Subject(Scope.JOB, "job"), Subject(Scope.HOST, "a")]


class Crew:
    """Two processes, and a host that fails at most of its visits."""

    def __init__(self, frontier, files, number):
        self.random = random.Random(number)
        self.works = [Work(frontier, files, delay=0, attempts=100) for _ in range(2)]
        self.works[0].add(*(f"http://a/{n}" for n in range(2000)))
        self.hearings = [self._hearing(work) for work in self.works]
        self.now = self.works[0].now
        self.owed = self.now
        """No visit before, as the host's failures have it."""
        self.at_most = self.now
        """The same, with failures of which nobody knows whether they were before a wake."""
        self.unheard = set()
        """Numbers of the processes that have not heard of the last wake."""
        self.pauses = set()
        self.free_at = self.paused_at = self.now
        """When the last wish was taken back, or made, while no other one stood."""
        self.visits, self.wishes, self.by = 0, 0, set()

    def _hearing(self, work):
        configuration = Configuration(Settings(jobs=work.settings().jobs))
        return Hearing(
            work.frontier, work.owner, Silence(), feeder=work.feeder,
            reloader=Reloader(None, configuration, None, Silence(), work.wall),
            wake=lambda: wake_hosts(work.frontier, work.owner, work.feeder.leaser.look),
            set_=lambda: None, orders={}, monotonic=lambda: work.now,
        )  # fmt: skip

    def wish(self):
        """Pause, resume or wake the host."""
        frontier, subject = self.works[0].frontier, self.random.choice(SUBJECTS)
        act = self.random.choice(["pause", "resume", "resume", "wake", "wake"])
        before = set(self.pauses)
        self.wishes += 1
        if act == "pause":
            changed(frontier, MakeWish(Verb.PAUSE, subject, Wisher()))
            self.pauses.add(subject)
        elif act == "resume":
            changed(frontier, TakeBackWish(Verb.PAUSE, subject))
            self.pauses.discard(subject)
        else:
            changed(frontier, WakeHost("a"))
            self.owed, self.at_most = min(work.now for work in self.works), self.now
            self.unheard = {0, 1}
            self.free_at = max(self.free_at, self.now)
        if before and not self.pauses:
            self.free_at = self.now
        if self.pauses and not before:
            self.paused_at = self.now
        return act

    def second(self, owner):
        """Let a second pass in which the host is to be one process's."""
        other = self.works[1 - owner]
        self.works[owner].feeder.concurrency = 4
        other.feeder.concurrency = 0  # it takes no host
        other.feeder.leaser.give_all_back()
        steps = round(1 / STEP_S)
        wished_at = self.random.randrange(steps)
        for step in range(steps):
            self.now += STEP_S
            if step == wished_at and self.random.random() < 0.5:
                self.wish()
            for number in (1 - owner, owner):
                work = self.works[number]
                work.now = max(work.now, self.now - STEP_S)
                if step % round(HEAR_S / STEP_S) == number:
                    self.hearings[number].look()
                    self.hearings[number].say()
                    self.unheard.discard(number)
                if number == owner:
                    work.feeder.leaser.look_at(work.now)
                self._visit(work, number)
            self._check_goes_on()

    def _visit(self, work, number):
        for at, task in work.starts(self.now - work.now):
            assert at >= self.owed - 0.001, "its rest was not over"
            paused_for = at - self.paused_at if self.pauses else 0.0
            assert paused_for <= IN_FORCE_S, "it was paused"
            self.visits += 1
            self.by.add(number)
            fails = self.random.random() < 0.9
            work.end(task, Kind.TIMEOUT if fails else Kind.STORED, after=0.001, **_STATUS[fails])
            (host,) = work.own_hosts.hosts.values()
            self.at_most = max(self.at_most, host.pace.failed_until)
            if number not in self.unheard:
                self.owed = max(self.owed, host.pace.failed_until)
            if self.random.random() < (0.7 if host.pace.is_open else 0.1):
                self.wish()  # before its owner has given it back

    def _check_goes_on(self):
        """See that a host that is owed nothing was visited since."""
        due = max(self.at_most, self.free_at) + IN_FORCE_S + WITHOUT_OWNER_S
        assert self.pauses or self.now <= due, f"it rests for {self.now - due} s too long"


_STATUS = {True: {"status": None}, False: {}}


@pytest.mark.campaign
@pytest.mark.parametrize("number", STORIES)
def test_a_host_that_changes_its_owner_every_second_is_paused_and_woken_as_told(
    frontier, tmp_path, number
):
    with Files(tmp_path / "files", durable=False) as files:
        crew, owners = Crew(frontier, files, number), cycle([0, 1])
        while crew.wishes < WISHES:
            crew.second(next(owners))
        assert crew.visits > WISHES / 4
        assert crew.by == {0, 1}
