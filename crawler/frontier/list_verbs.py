"""The verbs of the frontier's contract that are about lists; `contract` has the others."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from crawler.frontier.list_values import (
    KnownChunk,
    NewList,
    Pass,
    ReadChunk,
    SourceState,
    Synced,
    Weighed,
)
from crawler.frontier.values import BEFORE_ALL, Filed, Said
from crawler.model import Seconds


class ListVerbs(Protocol):
    """What the seeder asks of a frontier."""

    def fingerprints(self, source: int, anchor: int) -> list[int]:
        """Return the fingerprints of the URLs on a chunk, in its order."""

    def sources(self, job: str) -> dict[str, SourceState]:
        """Return a job's sources as they were applied last, by their names."""

    def chunks(self, source: int) -> dict[int, KnownChunk]:
        """Return the chunks of a source as they were read last, by their anchors."""

    def count_down(self, owner: int, job: str) -> bool:
        """Take away a slice of what a job's lists named before a job of a new name was its heir.

        Return whether there is more. A list of the job may be read when there is none.
        """

    def begin_pass(self, owner: int, job: str, source: str) -> Pass | None:
        """Begin to read a source, which becomes known; None while another process reads it.

        Raises:
            LeaseLostError: the owner was taken for dead. So do all verbs of a pass, and beside it:
            PassLostError: another pass of the source has begun.
        """

    def put(self, one: Pass, read: Sequence[ReadChunk], now: Seconds) -> Synced:
        """Take in chunks that are new or changed; nothing is taken away before `drop`."""

    def new_jobs(self, jobs: Sequence[str]) -> list[str]:
        """Return those of these jobs of which the ledger knows no list and no URL."""

    def take_in(self, owner: int, lists: Sequence[NewList], now: Seconds) -> list[Synced | None]:
        """Take in short lists that were read whole, each the only one of a job that is new.

        None stands for a list of a job that is known by now: it is to be read in a pass. The caller
        bounds the number of lists and of their URLs.
        """

    def drop(self, one: Pass, anchors: Sequence[int] = ()) -> bool:
        """Take away chunks that the source no longer has, and a slice of what others lost.

        Return whether there is more of the latter.
        """

    def end_pass(self, one: Pass, read: SourceState | None, now: Seconds) -> None:
        """End a pass; `read` is the source as it was read to its end, None where it was not.

        A source that holds nothing is forgotten.
        """

    def weigh(
        self, owner: int, job: str, urls: int, max_shrink: float, *, emptied: bool = False
    ) -> Weighed:
        """Judge the lists of a job that were all read: `urls` are on them, inline ones left out.

        They are held if they lost more than the share `max_shrink` of the URLs applied last, or
        one is `emptied`; not if the operator believes what was shown as held.
        """

    def applied(self, owner: int, job: str) -> None:
        """Note that a job's lists were applied: nothing of them is held any more."""

    def retire(self, owner: int, job: str, after: int = BEFORE_ALL) -> tuple[int, int | None]:
        """Retire a slice of the URLs that no list names any more; return (number, cursor).

        The cursor is the last fingerprint. A URL that is being visited is left for a later call.
        """

    def leaving(self, job: str) -> bool:
        """Tell whether a URL that no list names any more waits for the end of its visit."""

    def meanings(self) -> dict[str, str]:
        """Return, by job, the marks of the options by which all of its lines were understood.

        Paths and columns of a job's URLs are those of these. A job of which a list was begun, but
        never all were read, has the mark ''; a job without any list is left out.
        """

    def meant(self, marks: Mapping[str, str]) -> None:
        """Note, by job, the marks of the options by which all lines were understood."""

    def filed(self, job: str, after: int) -> Filed:
        """Count the listed URLs of a job with and without a file, among a slice of all tasks."""

    def free_paths(self, job: str, after: int) -> int | None:
        """Let a slice of a job's URLs without a file forget the path that a line gave them."""

    def said(self, task: int) -> Said:
        """Return what the lists say of a task now; one in memory may be older."""
