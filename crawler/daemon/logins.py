"""Logins of jobs: this process makes those that it takes, and its visits wait for all of them.

A login has no task: its host is reserved for it, and its redirects are its own. What it sets goes
into the job's jar, which the ledger gets in the transaction that ends the login.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from gevent.event import Event

from crawler.config import Job
from crawler.config.answer_options import acceptance_of
from crawler.config.cookie_options import LoginOptions
from crawler.daemon.login_jobs import as_login, login_of, login_secrets, logs_in, method_of
from crawler.daemon.login_requests import LoginRequests
from crawler.feeder.host import LONG_REST_S, Host
from crawler.feeder.reservations import Reservations
from crawler.fetch.fetcher import Fetcher
from crawler.frontier import Frontier
from crawler.frontier.answers import Login
from crawler.log import Log, iso
from crawler.model import Fetched, Kind, Outcome, Seconds, Task, Trouble, Visited
from crawler.policy.acceptance import contains
from crawler.policy.credentials import without_echo
from crawler.policy.paused import Paused
from crawler.policy.redirects import redirect_of
from crawler.policy.sessions import Session, is_given_up, is_login, is_refusal, wait_of
from crawler.store import Files, part_name
from crawler.urls import host_of

LOOK_S: Seconds = 1.0
"""Time between two looks at the logins of jobs that have one."""
WAIT_S: Seconds = 5.0
"""Longest wait of a URL in memory before it is looked whether its job has logged in."""
_FIRST_ERROR = 400
_REFUSED = "its session is refused"


class Logins:
    """The logins of a process; it is a service, and is asked before and after visits."""

    def __init__(
        self,
        frontier: Frontier,
        owner: int,
        jobs: Callable[[], dict[str, Job]],
        fetcher: Fetcher,
        files: Files,
        log: Log,
        look: Callable[[], None],
        paused: Callable[[], Paused],
        hosts: Reservations,
    ) -> None:
        self._frontier = frontier
        self._owner = owner
        self._jobs = jobs
        self._hosts = hosts
        self._requests = LoginRequests(hosts, fetcher, frontier.now)
        self.jars = fetcher.jars
        self._files = files
        self._log = log
        self._look_for_tasks = look
        self._paused = paused
        self._sessions: dict[str, Session] = {}
        self._known: dict[str, tuple[Job, Job]] = {}
        """Jobs with what they become while they log in."""
        self._wake = Event()
        self.stands: Callable[[str, str], None] = lambda *_: None
        """Gets what troubles this process, by a name; '' once it is over."""
        self._troubled: set[str] = set()
        self.closed: frozenset[str] = frozenset()
        """Jobs whose visits wait."""
        self.given_up: dict[str, str] = {}
        """Jobs for whose logins a run waits in vain that is to end, and why they fail."""
        self._failures: dict[str, int] = {}
        """Failures in a row that this process has not seen come, by job."""

    def run(self) -> None:
        """Look after logins until killed."""
        while True:
            self.look()
            self._wake.wait(LOOK_S)
            self._wake.clear()

    def await_new(self) -> None:
        """Let visits wait of jobs whose session is not known yet, until the next look."""
        self._close(self.closed | (self._jobs_logging_in().keys() - self._sessions.keys()))

    def look(self) -> None:
        """Learn how sessions are, and make the logins that are due and that nobody else makes.

        Raises:
            LeaseLostError: this process was taken for dead.
            LocalFaultError: the ledger cannot be asked.
        """
        jobs = self._jobs_logging_in()
        if not (jobs or self.closed):
            return
        states = self._frontier.logins(jobs) if jobs else {}
        over = {name for name, state in states.items() if not self._goes_on(jobs[name], state)}
        self._close(frozenset(over))
        self._tell_troubles(states)
        self.given_up = self._given_up(jobs, {name: states[name] for name in over})
        for name in sorted(over):
            if self._is_due(jobs[name], states[name]):
                self._log_in(jobs[name], states[name])

    def _jobs_logging_in(self) -> dict[str, Job]:
        return {name: job for name, job in self._jobs().items() if logs_in(job)}

    def objection(self, task: Task) -> Outcome | None:
        """Return that a visit waits for the login of its job; None if it does not."""
        if task.robots or task.job not in self.closed:
            return None
        return Outcome(Kind.UNWANTED, reason="waits for the login", asked=False, wait=WAIT_S)

    def outcome_of(self, visited: Visited, job: Job) -> Outcome:
        """Return the outcome of a visit of a job that logs in; one without a session is no end."""
        outcome, session = visited.outcome, self._sessions.get(job.name)
        if session is None or not outcome.asked:
            return outcome
        began = visited.answered_at - outcome.elapsed
        if not session.visited(outcome, login_of(job).url, began):
            return outcome
        if session.over:
            self._wake.set()
        kind = Kind.UNWANTED if outcome.kind is Kind.REDIRECTED else outcome.kind
        return replace(outcome, kind=kind, location=None, jar=None, sessionless=True)

    def _tell_troubles(self, states: Mapping[str, Login]) -> None:
        """Tell which jobs do not get in, as long as they do not."""
        troubles = {name for name, state in states.items() if state.failures and not state.valid}
        for name in self._troubled | troubles:
            why = states[name].reason or _REFUSED if name in troubles else ""
            self.stands(f"login of {name}", why and f"{name} does not get in: {why}")
        self._troubled = troubles

    def _is_due(self, job: Job, state: Login) -> bool:
        """Tell whether a login may be made; an operator may want no visit of a job, or there."""
        if state.next_at > self._frontier.now():
            return False
        return not self._paused().has(host_of(login_of(job).url), job.name)

    def _given_up(self, jobs: Mapping[str, Job], over: Mapping[str, Login]) -> dict[str, str]:
        """Return why jobs do not get in whose logins have failed often enough."""
        given_up = [name for name, state in over.items() if self._is_given_up(jobs[name], state)]
        return {name: over[name].reason or _REFUSED for name in given_up}

    def _is_given_up(self, job: Job, state: Login) -> bool:
        """Tell whether logins have failed often enough since this process looks after them."""
        before = self._failures[job.name] = min(
            state.failures, self._failures.get(job.name, state.failures)
        )
        return is_given_up(state.failures - before, job.attempts, refused=state.refused)

    def _goes_on(self, job: Job, state: Login) -> bool:
        """Tell whether a job has a session; note which, and end one that visits found over."""
        if not state.valid:
            return False
        session = self._sessions.get(job.name)
        if session is None or session.made_at != state.made_at:
            self.jars.renew(job.name)  # another process may have made it
            session = self._sessions[job.name] = Session(state.made_at, time.monotonic())
        if session.over:
            self._lose(job, state, session)
        return not session.over

    def _lose(self, job: Job, state: Login, session: Session) -> None:
        good = session.good
        wait = wait_of(0 if good else state.failures + 1, login_of(job).every)
        made_at = session.made_at
        if self._frontier.lose_session(self._owner, job.name, made_at, good=good, wait=wait):
            self._log.info("login.ended", job=job.name, was_good=good)
            if not good:
                self._tell_failed(job, state, _REFUSED, wait)

    def _close(self, closed: frozenset[str]) -> None:
        """Let visits of these jobs wait, and of no others."""
        opened = self.closed - closed
        if closed != self.closed:
            self.closed = closed
            self._frontier.await_logins(closed)
        if opened:
            self._look_for_tasks()

    def _log_in(self, job: Job, state: Login) -> None:
        """Make the login of a job, unless its host rests, or another process has it or makes it."""
        host = self._hosts.reserve(host_of(login_of(job).url), job.name)
        if host is None:
            return
        try:
            is_free = self._hosts.bears(host, time.monotonic() + LONG_REST_S)
            if is_free and self._frontier.take_login(self._owner, job.name):
                self._make(job, state, host)
        finally:
            self._hosts.release(host)

    def _make(self, job: Job, state: Login, host: Host) -> None:
        failed, refused = self._attempt(job, host)
        login, news = login_of(job), self.jars.news()
        wait = wait_of(state.failures + 1 if failed else state.failures, login.every)
        self._frontier.end_login(
            self._owner, job.name, news, failed=failed, refused=refused, wait=wait
        )
        self.jars.told(news)
        if failed:
            return self._tell_failed(job, state, failed, wait)
        self._log.info("login.made", job=job.name)
        self._wake.set()
        return None

    def _tell_failed(self, job: Job, state: Login, reason: str, wait: Seconds) -> None:
        """Tell once that a job does not get in."""
        if not state.failures:
            until = iso(self._frontier.now() + wait)
            self._log.warning("login.failed", job=job.name, reason=reason, until=until)

    def _attempt(self, job: Job, host: Host) -> tuple[str, bool]:
        """Log in; return why that failed, '' if it did not, and whether the next one will too."""
        login = login_of(job)
        try:
            back, fetched = self._follow(login, self._as_login(job), host)
        except Trouble as trouble:
            words = without_echo(trouble.reason, login_secrets(login)) or trouble.kind.value
            return words, False
        if fetched.status >= _FIRST_ERROR:
            return f"HTTP status {fetched.status}", is_refusal(fetched.status)
        texts = acceptance_of(job.accept).texts if job.accept else ()
        if found := next((text for text in texts if text in (fetched.body or b"")), None):
            return contains(found), True
        return ("it leads back to itself", True) if back else ("", False)

    def _follow(self, login: LoginOptions, job: Job, held: Host) -> tuple[bool, Fetched]:
        """Ask for a login, and follow its redirects; return whether they lead back to it."""
        location, hops, jar = login.url, 0, None
        while True:
            host = host_of(location)
            task = Task(0, job.name, login.url, location, host, 0, 0, 1, hops=hops, jar=jar)
            fetched = self._requests.ask(held, task, job, self._part)
            if fetched.part:
                self._files.discard([fetched.part])
            to = redirect_of(
                fetched.status, fetched.headers, location, hops=hops, method=method_of(job, hops)
            )
            if to is None:
                return hops > 0 and is_login(location, login.url), fetched
            location, hops, jar = to, hops + 1, fetched.jar

    def _part(self) -> str:
        return part_name("login", 0, self._owner)

    def _as_login(self, job: Job) -> Job:
        """Return a job as it is while it logs in: its credentials stay behind."""
        known = self._known.get(job.name)
        if known is None or known[0] is not job:
            known = self._known[job.name] = job, as_login(job)
        return known[1]
