"""The verbs of the frontier's contract that are about lists; `contract` has the others."""

from collections.abc import Sequence
from typing import Protocol

from crawler.frontier.list_values import (
    KnownChunk,
    NewList,
    Pass,
    ReadChunk,
    SourceState,
    Synced,
)
from crawler.frontier.values import Filed, Said


class ListVerbs(Protocol):
    """What the seeder asks of a frontier."""

    def fingerprints(self, source: int, anchor: int) -> list[int]:
        """Return the fingerprints of the URLs on a chunk, in its order."""

    def sources(self, job: str) -> dict[str, SourceState]:
        """Return a job's sources as they were applied last, by their names."""

    def chunks(self, source: int) -> dict[int, KnownChunk]:
        """Return the chunks of a source as they were read last, by their anchors."""

    def begin_pass(self, owner: int, job: str, source: str) -> Pass | None:
        """Begin to read a source, which becomes known; None while another process reads it.

        Raises:
            LeaseLostError: the owner was taken for dead. So do all verbs of a pass, and beside it:
            PassLostError: another pass of the source has begun.
        """

    def put(self, one: Pass, read: Sequence[ReadChunk]) -> Synced:
        """Take in chunks that are new or changed; nothing is taken away before `drop`."""

    def new_jobs(self, jobs: Sequence[str]) -> list[str]:
        """Return those of these jobs of which the ledger knows no list and no URL."""

    def take_in(self, owner: int, lists: Sequence[NewList]) -> list[Synced | None]:
        """Take in short lists that were read whole, each the only one of a job that is new.

        None stands for a list of a job that is known by now: it is to be read in a pass. The caller
        bounds the number of lists and of their URLs.
        """

    def drop(self, one: Pass, anchors: Sequence[int] = ()) -> bool:
        """Take away chunks that the source no longer has, and a slice of what others lost.

        Return whether there is more of the latter.
        """

    def end_pass(self, one: Pass, read: SourceState | None) -> None:
        """End a pass; `read` is the source as it was read to its end, None where it was not.

        A source that holds nothing is forgotten.
        """

    def meanings(self) -> dict[str, str]:
        """Return, by job, the marks of the options by which all of its lines were understood.

        Paths and columns of a job's URLs are those of these. A job of which a list was begun, but
        never all were read, has the mark ''; a job without any list is left out.
        """

    def filed(self, job: str, after: int) -> Filed:
        """Count the listed URLs of a job with and without a file, among a slice of all tasks."""

    def said(self, task: int) -> Said:
        """Return what the lists say of a task now; one in memory may be older."""
