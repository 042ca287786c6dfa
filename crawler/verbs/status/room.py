"""How big the ledger is, and how much room its disk and that of the files have."""

import shutil
from contextlib import suppress
from pathlib import Path

from crawler.log import size
from crawler.state_address import StateAddress, folders_of
from crawler.value import value
from crawler.verbs.ledger import Ledger


@value
class Room:
    """A file system that the crawler writes to, in bytes."""

    path: Path
    """The folder of the ledger, or of the files."""
    free: int
    total: int

    @property
    def share(self) -> float:
        """Return the share that is free, from 0 to 1."""
        return self.free / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{self.path}: {size(self.free)} free, {self.share:.0%}".replace("%", " %")


def rooms(ledger: Ledger) -> list[Room]:
    """Return the file systems of the ledger and of the files, each once; what is gone is none."""
    folders = [folder.absolute() for folder in folders_of(ledger.state)]
    if ledger.brief:
        folders.append(ledger.brief.output)
    found: dict[int, Room] = {}
    for folder in folders:
        with suppress(OSError):
            usage = shutil.disk_usage(folder)
            found.setdefault(folder.stat().st_dev, Room(folder, usage.free, usage.total))
    return list(found.values())


def state_size(state: StateAddress) -> tuple[int, int] | None:
    """Return the bytes of a state file, and of its WAL beside it; None where a server has it."""
    if not isinstance(state, Path):
        return None
    wal = 0
    with suppress(OSError):
        wal = state.with_name(f"{state.name}-wal").stat().st_size
    return state.stat().st_size, wal
