"""What a visit asks of its process: whether it may begin, with what, and why it failed."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from crawler.config import Job
from crawler.daemon.by_hand import ByHand
from crawler.daemon.configuration import Configuration
from crawler.daemon.disk import Disk
from crawler.daemon.logins import Logins
from crawler.errors import UsageError
from crawler.feeder.feeder import Feeder
from crawler.fetch.fetcher import Fetcher
from crawler.frontier import SaidOf
from crawler.model import Fetched, Kind, Outcome, Task, Trouble
from crawler.policy.masking import masked_line
from crawler.policy.pardons import Pardons
from crawler.policy.remedies import remedy
from crawler.store import Measured, may_be_folders
from crawler.worker.robots_rules import Rulebook


class VisitContext:
    """Answers visits for a process; `by_hand` is what somebody asks who started it by hand."""

    def __init__(
        self,
        configuration: Configuration,
        disk: Disk,
        feeder: Feeder,
        fetcher: Fetcher,
        rules: Rulebook,
        by_hand: ByHand,
    ) -> None:
        self._configuration = configuration
        self._disk = disk
        self._feeder = feeder
        self._fetcher = fetcher
        self._rules = rules
        self._by_hand, self._files_there = by_hand, by_hand.files_there
        self.pardons = Pardons()
        self.troubled: Callable[[str, str], None] = lambda *_: None
        """Gets what troubles this process: a name, and words."""
        self.logins: Logins | None = None
        """Set where the process is a daemon."""
        self._stale: set[int] = set()
        """Ids of tasks that were leased before their lists were read again."""

    def outdate(self, tasks: Iterable[Task]) -> None:
        """Have leased tasks read from the ledger once more before their visits."""
        self._stale.update(task.id for task in tasks)

    def fresh(self, task: Task) -> tuple[Task, Measured | None]:
        """Return a task as it is to be asked for, and what is there of its body."""
        task = self._asked_for(task)
        if task.kept is None:  # as most have
            return task, None
        return self._fetcher.measured(task, self._configuration.jobs[task.job])

    def _asked_for(self, task: Task) -> Task:
        """Return a task as the ledger has it, where its lists were read after it was leased."""
        if self._files_there and not task.robots:
            job = self._configuration.jobs[task.job]
            task = self._files_there.asked(self._disk.files, task, job)
        if task.id in self._stale:
            said = self._disk.frontier.entry(SaidOf(task.id))
            self._stale.discard(task.id)
            task = replace(task, path=said.path, extra=said.extra, checks=said.checks)
        return self._checked(task) if task.checks or self._by_hand.checks else task

    def _checked(self, task: Task) -> Task:
        """Return a task with what its body is checked by: the option may have been taken out."""
        if self._by_hand.checks:
            return task if task.robots else replace(task, checks=self._by_hand.checks)
        return task if self._configuration.jobs[task.job].checksums else replace(task, checks="")

    def objection(self, task: Task) -> Outcome | None:
        """Return how a visit ends before it begins; a probe downloads nothing for nothing."""
        if self._feeder.pause.active and (fault := self._disk.output_fault()):
            return Outcome(Kind.LOCAL_IO, reason=self.remedy(fault), ours=True, asked=False)
        if self.logins and self.logins.closed and (waits := self.logins.objection(task)):
            return waits
        objection = self._rules.objection(task)
        if objection or not self._files_there or task.robots:
            return objection
        job = self._configuration.jobs[task.job]
        return self._files_there.objection(self._disk.files, task, job)

    def fetch(self, task: Task, job: Job, **options: Any) -> Fetched:
        """Fetch; what no part can be written for may be a fault of the whole output folder.

        It may be well again by now, so that the first such fault of a URL is not charged.
        """
        try:
            return self._fetcher.fetch(task, job, **options)
        except UsageError as error:  # a file of the job's options is gone meanwhile
            raise Trouble(Kind.LOCAL_IO, str(error)) from error
        except Trouble as trouble:
            if trouble.wait:
                self.troubled("body", f"no room for {masked_line(task.location)}: {trouble.reason}")
            elif trouble.kind is Kind.LOCAL_IO and not trouble.ours:
                fault = self._disk.output_fault()
                if fault:
                    raise Trouble(Kind.LOCAL_IO, self.remedy(fault), ours=True) from trouble
                if may_be_folders(trouble.__cause__):
                    trouble.spared = self.pardons.pardon(task.id)
            raise

    def remedy(self, fault: OSError) -> str:
        return remedy(fault, self._configuration.settings.crawler.output)

    def begun(self, task: Task) -> bool:
        """Note that a visit begins, at the address whose limit it shares."""
        address = None
        if self._configuration.settings.crawler.per_address is not None:
            job = self._configuration.jobs[task.job]
            address = self._fetcher.address(task, job, self._configuration.resolve)
        return self._feeder.begun(task, address)
