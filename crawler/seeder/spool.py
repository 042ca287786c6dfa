"""The lists in a job's inbox: each is taken in once, and moved away. They only add."""

from contextlib import suppress
from pathlib import Path

from crawler.config import Job
from crawler.errors import LeaseLostError, PassLostError
from crawler.seeder.admission import SyncSums
from crawler.seeder.elsewhere import INBOX
from crawler.seeder.reading import Busy, Reader, SyncTools, known_chunks
from crawler.sources import UNREADABLE, Source, SourceError
from crawler.sources.contract import readable
from crawler.sources.inbox import Inbox

MAX_REASONS = 1000
"""Bad lines that are listed beside a file of an inbox."""


class Spool:
    """Empties an inbox; what an earlier list of it named stays listed."""

    def __init__(self, tools: SyncTools, job: Job, inbox: Inbox) -> None:
        self._tools = tools
        self._job = job
        self._inbox = inbox
        self.sums = SyncSums(job.name)
        self._reasons: list[str] = []

    def empty(self) -> None:
        """Take in the lists that are ready, the oldest first."""
        try:
            files = self._inbox.scan()
        except OSError as error:
            return self._log_inbox_failed(str(error))
        for name, reason in self._inbox.passed_over().items():
            self._tools.log.warning(
                "inbox.passed_over", job=self._job.name, file=readable(name), reason=reason
            )
        for file in files:
            source = self._inbox.take(file)
            try:
                self._take_in(file, source)
            except (Busy, PassLostError):
                continue
            try:
                self._inbox.accept(file, self._reasons)
            except OSError as error:
                self._log_inbox_failed(str(error))
        return None

    def _take_in(self, file: Path, source: Source) -> None:
        """Take in one list; note why lines of it, or all of it, were refused."""
        frontier, self._reasons = self._tools.frontier, []
        name = f"{INBOX}{readable(file.name)} {source.version()}"
        one = frontier.begin_pass(self._tools.owner, self._job.name, name)
        if one is None:
            raise Busy(name)
        reader, state = Reader(self._tools, self._job, self.sums), None
        reader.on_bad = self._note
        try:
            _, state = reader.read(source, one, known_chunks(frontier, one.source), "")
        except (SourceError, *UNREADABLE) as error:
            self._log_list_failed(f"{file}: {error}")
            self._reasons.append(str(error))
        finally:
            with suppress(LeaseLostError):
                frontier.end_pass(one, state)

    def _note(self, reason: str) -> None:
        if len(self._reasons) < MAX_REASONS:
            self._reasons.append(reason)

    def _log_list_failed(self, cause: str) -> None:
        self._tools.list_failed(self._job.name, cause)

    def _log_inbox_failed(self, cause: str) -> None:
        self._tools.log.error("inbox.failed", job=self._job.name, cause=cause)
