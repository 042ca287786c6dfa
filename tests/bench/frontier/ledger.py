"""The frontier as the bench calls it. All calls of its contract stand here, and nowhere else."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from crawler import sources
from crawler.config import CrawlerOptions, Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.feeder.review import Review
from crawler.frontier import (
    BEFORE_ALL,
    START,
    Apply,
    BringBack,
    Chunks,
    CountDown,
    Due,
    Forget,
    LeasedHost,
    Pulse,
    Refit,
    Rests,
    Retire,
    Sources,
    SourceState,
    Understand,
    Wake,
    Weigh,
    open_frontier,
    pages,
)
from crawler.frontier.process import Process
from crawler.frontier.work import Amended
from crawler.log import open_log
from crawler.model import Kind, Outcome, Task
from crawler.records import Done, HostRecord, JobTerms, Settlement
from crawler.seeder.reading import SyncTools
from crawler.seeder.rescheduling import Rescheduler
from crawler.seeder.sync import Sync
from crawler.seeder.waking import wake_hosts
from crawler.threads import Native
from tests.bench.frontier.watch import Watch

JOB = "list"
DIGEST = "ab" * 32


class Ledger:
    """One process's sight of a state file; with a watch it says for which verb the lock is held."""

    def __init__(self, state: Path, watch: Watch | None = None) -> None:
        self.state = state
        self._watch = watch or Watch()
        self._frontier = open_frontier(state, durable=False)

    def __enter__(self) -> "Ledger":
        self._frontier.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._frontier.__exit__()

    def _as(self, verb: str) -> Any:
        """Return the frontier, for a call of this verb."""
        self._watch.verb = verb
        return self._frontier

    def join(self, number: int = 1) -> int:
        """Become an owner; those of other numbers are processes of another machine."""
        return self._as("join").join(Process("bench", number, "1")).owner

    def leave(self, owner: int) -> None:
        """Give everything back."""
        self._as("leave").leave(owner, [])

    def beat(self, owner: int) -> None:
        """Extend the leases."""
        self._as("beat").beat(owner, Pulse("running"))

    def configure(
        self,
        *jobs: str,
        renamed: Mapping[str, str] = {},
        obeys: Mapping[str, bool | None] = {},
        digest: str = "",
    ) -> None:
        """Put jobs in force; `renamed` has old names, `obeys` what is said of robots.txt."""
        terms = [JobTerms(one, renamed_from=renamed.get(one), digest=digest) for one in jobs]
        self._as("configure").configure(terms, obeys=obeys)

    def lease(
        self, owner: int, new: int = 64, idle: Sequence[LeasedHost] = ()
    ) -> tuple[LeasedHost, ...]:
        """Give hosts back, which are ready at once, and take others, each with some tasks."""
        back = [HostRecord(one.id, 0.0, address=one.address) for one in idle]
        verb = self._as("lease").lease
        return verb(owner, new=new, refills={}, idle=back).hosts

    def settle(
        self, owner: int, ended: Sequence[LeasedHost], begun: Sequence[LeasedHost] = ()
    ) -> int:
        """End visits, and reserve the files of those that begin; return how many have ended."""
        now = self._frontier.now()
        tasks = [task for host in ended for task in host.tasks]
        ends = [
            Settlement(one, Outcome(Kind.STORED, 200, 10_240, DIGEST, path=_file(one)), Done(), now)
            for one in tasks
        ]
        claims = {task.id: _file(task) for host in begun for task in host.tasks}
        self._as("settle").settle(owner, ends, [], claims)
        return len(tasks)

    def walk(self, verb: str, owner: int, work: Any, more: Any = None) -> Iterator[int]:
        """Do a work slice by slice, and yield its number after each; `more` makes the next one."""
        after, number = BEFORE_ALL, 0
        while after is not None:
            done = self._as(verb).tidy(owner, work, after)
            after, number = done.after, number + 1
            work = more(work, done.found) if more else work
            yield number

    def wake(self, verb: str, owner: int) -> Iterator[int]:
        """Let hosts learn what a configuration says of them."""
        return self.walk(verb, owner, Wake())

    def count_down(self, owner: int, job: str) -> Iterator[int]:
        """Take away what the lists of an old name named."""
        return self.walk("count down", owner, CountDown(job))

    def rests(self, owner: int) -> Iterator[int]:
        """Put all resting hosts on other terms: the worst that a reload can bring about."""

        def amended(_: Rests, found: Sequence[LeasedHost]) -> Rests:
            free = [one for one in found if one.jobs]
            return Rests([Amended(one, HostRecord(one.id, one.next_at + 1)) for one in free])

        return self.walk("rests", owner, Rests(), amended)

    def refit(self, owner: int) -> Iterator[int]:
        """Give all URLs that have ended another time."""

        def fitted(work: Refit, found: Sequence[Any]) -> Refit:
            return Refit(work.anew, due=[Due(one.id, one.due_at, one.due_at + 1) for one in found])

        return self.walk("refit", owner, Refit({JOB: "another"}), fitted)

    def bring_back(self, owner: int) -> Iterator[int]:
        """Bring back the times that a clock which was ahead has left."""
        return self.walk("bring back", owner, BringBack())

    def understand(self, owner: int) -> Iterator[int]:
        """Note other options of the lists, by which paths are free."""
        return self.walk("understand", owner, Understand({JOB: "another"}, [JOB]))

    def drop(self, owner: int) -> Iterator[int]:
        """Read a list that has lost every other chunk; yield after each slice."""
        ((name, state),) = next(pages(self._frontier, Sources(JOB)))
        one = self._as("begin pass").begin_pass(owner, JOB, name)
        gone = [anchor for page in pages(self._frontier, Chunks(state.id)) for anchor, _ in page]
        for work in (Weigh(JOB, 0, 1.0), Apply(JOB)):
            list(self.walk("weigh, apply", owner, work))
        after, number = 0, 0
        while after is not None:
            read = SourceState(one.source, "read")
            after = self._as("end pass").end_pass(one, read, gone[::2], after)
            number += 1
            yield number

    def retire(self, owner: int) -> Iterator[int]:
        """Retire what no list names."""
        return self.walk("retire", owner, Retire(JOB))

    def forget(self) -> Iterator[int]:
        """Forget what is retired."""
        after: Any = START
        number = 0
        while after is not None:
            now = self._frontier.now()
            after = self._as("forget").change(Forget(now + 1), after).after
            number += 1
            yield number

    def reload(self, owner: int) -> None:
        """Do what a process does at a reload, under the limits of `settings`."""
        overrides = HostOverrides(settings(self.state.parent, self.state))
        self.configure(JOB, digest="another")
        self._watch.verb = "wake"
        wake_hosts(self._frontier, owner, lambda: None)
        self._watch.verb = "rests"
        Review(self._frontier, owner, _NoHosts(), overrides, lambda: None).run()

    def take_in(self, owner: int, file: Path) -> int:
        """Read a list as the seeder does; return the number of new URLs."""
        job = settings(file.parent, self.state, file).jobs[0]
        with ExitStack() as stack:
            native = stack.enter_context(Native(1))
            null = os.open(os.devnull, os.O_WRONLY)
            stack.callback(os.close, null)
            log, lines = open_log("info", "json", null)
            stack.callback(lines.close, 1)
            frontier = self._as("put")
            fits = Rescheduler(frontier, owner, native, lambda: None)
            sync = Sync(SyncTools(frontier, owner, native, log, lambda: None, fits), job)
            sync.run(sources.of(job, file.parent, lambda _: None))
        return sync.sums.added


def _file(task: Task) -> str:
    return f"{JOB}/{task.fingerprint}"


class _NoHosts:
    """Stands where the feeder does in a process that holds no host."""

    leaser = property(lambda self: self)

    def review(self, found: Collection[LeasedHost], limits: object, *, turns_hold: bool) -> None:
        """There is none to be looked at."""

    def look(self) -> None:
        """Nobody waits."""


def settings(folder: Path, state: Path, file: Path | None = None) -> Settings:
    """Return a configuration of one list, by which a host has one visit a day."""
    return Settings(
        crawler=CrawlerOptions(state=state, output=folder / "files", durability="relaxed"),
        jobs=(Job(name=JOB, url_file=file or folder / "list.txt", robots="ignore"),),
        hosts={"*": {"max_per_day": 1}},
    )
