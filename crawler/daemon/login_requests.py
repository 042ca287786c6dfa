"""Requests of logins: each is one to its host, by the delay, the hours and the rests of that."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent

from crawler.config import Job
from crawler.feeder.host import Host
from crawler.feeder.reservations import Reservations
from crawler.fetch.fetcher import Fetcher
from crawler.model import Fetched, Kind, Outcome, Seconds, Task, Trouble
from crawler.policy.outcome import outcome_of
from crawler.worker.visit import told_by

MAX_LOGIN_S: Seconds = 60.0
"""Longest time that one request of a login takes, whatever the job's timeout: others wait."""
LOOK_S: Seconds = 0.5
"""Time between two looks at a host that a login is led to, and that is not to be had yet."""


class LoginRequests:
    """Makes them at hosts that are reserved; `now` is the frontier's time."""

    def __init__(self, hosts: Reservations, fetcher: Fetcher, now: Callable[[], Seconds]) -> None:
        self._hosts = hosts
        self._fetcher = fetcher
        self._now = now

    def ask(self, held: Host, task: Task, job: Job, part: Callable[[], str]) -> Fetched:
        """Make a request at the host that is held, or at another one that it was led to.

        Raises:
            Trouble: it failed, or its host bears none in time.
        """
        until = time.monotonic() + MAX_LOGIN_S
        with self._at(held, task, until) as host:
            stands = self._hosts.begin(host, task, until + host.pace.delay)
            if stands is None:
                raise Trouble(Kind.TIMEOUT, f"{host.key} rests")
            return self._asked(stands, task, job, part)

    def _asked(self, stands: Task, task: Task, job: Job, part: Callable[[], str]) -> Fetched:
        began = ended_at = time.monotonic()
        outcome = Outcome(Kind.CANCELLED)
        deadline = began + min(MAX_LOGIN_S, job.timeout.total)
        try:
            fetched = self._fetcher.fetch(task, job, part=part, deadline=deadline)
            ended_at = fetched.answered_at
            outcome = outcome_of(task, fetched, self._now(), job.method, elapsed=ended_at - began)
        except Trouble as trouble:
            outcome, ended_at = told_by(trouble), time.monotonic()
            raise
        finally:
            self._hosts.ended(stands, outcome, ended_at)
        return fetched

    @contextmanager
    def _at(self, held: Host, task: Task, until: Seconds) -> Iterator[Host]:
        if task.host == held.key:
            yield held
            return
        while (host := self._hosts.reserve(task.host, task.job)) is None:
            if time.monotonic() > until:
                raise Trouble(Kind.TIMEOUT, f"{task.host} rests, or is another process's")
            gevent.sleep(LOOK_S)
        try:
            yield host
        finally:
            self._hosts.release(host)
