"""The verbs of the frontier's contract that are about stored files; `contract` has the others."""

from collections.abc import Sequence
from typing import Protocol

from crawler.model import Seconds
from crawler.records import StoredFile


class FileVerbs(Protocol):
    """What the settler and `crawler audit` ask of a frontier."""

    def claim(self, paths: Sequence[tuple[int, str, str]], owner: int | None = None) -> list[str]:
        """Reserve a file for each (task, first choice, second choice), and return the files.

        A file belongs to one task, for good; where both choices are taken there is a third. An
        owner claims for tasks that it has leased, before it writes their files.

        Raises:
            LeaseLostError: that owner was taken for dead: another process may visit them by now.
        """

    def stored(self, after: int) -> tuple[list[StoredFile], int | None]:
        """Return the stored files of a slice of the tasks; return (files, cursor).

        The cursor is a task's number. A task that is being visited is left out.
        """

    def still(self, files: Sequence[StoredFile]) -> list[StoredFile]:
        """Return the files of which the ledger still says the same, and which nobody visits."""

    def revisit(self, files: Sequence[StoredFile], now: Seconds) -> int:
        """Make URLs due whose files are gone, as if nothing had been stored; return how many.

        What has changed since they were looked up, or is not listed any more, stays as it is.
        """

    def unneeded(self, job: str, after: int) -> list[StoredFile]:
        """Return some files of a job's retired URLs, by the tasks' numbers beyond `after`."""

    def let_go(self, files: Sequence[StoredFile], now: Seconds) -> int:
        """Note that files of retired URLs are removed; return how many.

        A URL that was listed again meanwhile is due, for its file is gone.
        """

    def rename(self, file: StoredFile, path: str) -> bool:
        """Note that a file bears another name that was claimed; False if it has changed meanwhile.

        The old name is free. It is as good if another process noted the same before.
        """

    def unnamed(self, paths: Sequence[str], parts: Sequence[tuple[str, int]]) -> list[str]:
        """Return the names among `paths` that no task has, and the parts of no task.

        Parts come with the fingerprints in their names.
        """
