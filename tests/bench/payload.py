"""What is served and must arrive: files of known content, and the check of a run's folder."""

import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.bench.slowserver import body_of

Wanted = dict[str, str]
"""SHA-256 by file name."""
PIECE = 1 << 20
MARK = ".crawlerd"
"""File in an output folder that names the ledger."""


LAIN_S = 60.0


def let_lie(file: Path) -> Path:
    """Have a file look as if it had lain there for a minute.

    A list that was written just now may still be written, and `crawler run` waits for two seconds
    before it reads it: that is no part of what a start costs whose list is of yesterday.
    """
    written = time.time() - LAIN_S
    os.utime(file, (written, written))
    return file


def make_files(folder: Path, number: int, size: int) -> Wanted:
    """Write files, no two alike, into a folder, and return what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    noise = Random(size).randbytes(min(size, PIECE))
    wanted: Wanted = {}
    for count in range(number):
        name = f"{count:06d}"
        digest = hashlib.sha256()
        with (folder / name).open("wb") as file:
            for start in range(0, size, PIECE):
                mark = f"{count} {start} ".encode()
                piece = (mark + noise)[: min(PIECE, size - start)]
                digest.update(piece)
                file.write(piece)
        wanted[name] = digest.hexdigest()
    return wanted


def made_bodies(folder: str, names: Iterable[str]) -> Wanted:
    """Return what the slow server sends for files in a folder."""
    return {name: hashlib.sha256(body_of(f"/{folder}/{name}")).hexdigest() for name in names}


@dataclass(frozen=True)
class Checked:
    """How a run's files compare with the source."""

    whole: int
    problem: str
    last: float | None
    """When the last was whole: its change time, for some tools set that of the modification."""


def check(folder: Path, wanted: Wanted) -> Checked:
    """Compare a run's files with the source: every one of them, its name and its SHA-256."""
    found: set[str] = set()
    strange = 0
    wrong = 0
    last: float | None = None
    for file in folder.rglob("*"):
        if not file.is_file() or file.name == MARK:
            continue
        if file.name not in wanted or file.name in found:
            strange += 1
            continue
        found.add(file.name)
        wrong += _digest(file) != wanted[file.name]
        last = max(last or 0.0, file.stat().st_ctime)
    problems = {"missing": len(wanted) - len(found), "torn or wrong": wrong, "too many": strange}
    problem = ", ".join(f"{number} {word}" for word, number in problems.items() if number)
    return Checked(len(found) - wrong, problem, last)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
