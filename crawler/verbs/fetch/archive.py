"""The ledger of a run of `crawler fetch`: kept as an archive, or gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crawler.errors import UsageError
from crawler.frontier import (
    BeginArchive,
    Desk,
    Revisit,
    StoredFiles,
    changed,
    open_ledger,
    pages,
)
from crawler.frontier.process import current
from crawler.model import Seconds
from crawler.state_address import StateAddress
from crawler.verbs.fetch.jobs import JOB_NAME


@contextmanager
def ledger_of(archive: Path | None) -> Iterator[Path]:
    """Yield the path of the ledger: the archive, if it is free, or one that is gone afterwards.

    Raises:
        UsageError: the archive is a daemon's ledger, or in use.
    """
    if archive is None:
        with tempfile.TemporaryDirectory(prefix="crawler-fetch-") as folder:
            yield Path(folder, "state.sqlite")
        return
    if archive.exists() and archive.stat().st_size:
        with open_ledger(archive, older=True) as desk:
            _check(desk, archive)
    yield archive.absolute()


def begin_archive(state: StateAddress, folder: Path | None) -> Seconds:
    """Forget the lists of earlier runs, and return the frontier's time: their files are older.

    What is gone from the folder, if one is given, is not stored any more.
    """
    with open_ledger(state, write=True) as desk:
        if folder is not None:
            _miss_gone_files(desk, folder)
        changed(desk, BeginArchive())
        return desk.now()


def _miss_gone_files(desk: Desk, folder: Path) -> None:
    for page in pages(desk, StoredFiles()):
        if gone := [one for one in page if not (folder / one.path).is_file()]:
            changed(desk, Revisit(gone))


def _check(desk: Desk, archive: Path) -> None:
    sums = desk.sums()
    if any(job.name.rstrip("0123456789-") != JOB_NAME for job in sums.jobs):
        raise UsageError(f"{archive} is the ledger of a daemon; name another file as archive")
    for one in sums.members:  # those of an older one are waited for
        if one.life(current().machine, desk.now()) == "alive":
            raise UsageError(f"{archive} is in use by process {one.process.pid}; wait for its end")
