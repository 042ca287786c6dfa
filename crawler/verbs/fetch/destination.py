"""Where the bodies of a run go, and what becomes of files that are there before it."""

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from crawler.errors import CrawlerError, UsageError
from crawler.policy import globbing, naming
from crawler.verbs.fetch.conflicts import PRINTED

CONTINUED = ".crawler-fetch"
"""Ledger of -c, in the folder of the files."""
REMOTE_NAME = "{name}.{ext}"
"""Template of -O; a dot that ends a name falls away."""

SERVER_NAME = "{filename}"
"""Template of -J."""

REMEDY = "--force overwrites it, -nc leaves it, -N asks whether it has changed"
"""What may be done about a file that is there."""


class Present(Enum):
    """What becomes of a file that was there before the run."""

    REPLACE = "replace"
    REFUSE = "refuse"
    """It stays, and its URL fails: it is somebody else's."""
    SKIP = "skip"
    """It stays, and its URL is not asked for."""
    ASK = "ask"
    """Its URL is asked whether it has changed since the time of the file."""


class Destination(NamedTuple):
    """A folder, the names in it, and what to do about what is there."""

    folder: Path | None
    """None where bodies are printed."""
    template: str | None
    """Naming template, None for that of the job."""
    present: Present
    archive: Path | None
    """A ledger that is kept."""
    file: Path | None = None
    """The one file, where there is one."""

    @property
    def prints(self) -> bool:
        """Tell whether bodies go to standard output."""
        return self.folder is None


def destination_of(given: Mapping[str, Any], *, is_single: bool) -> Destination:
    """Return where bodies go; `is_single` tells whether there is one URL, and no list.

    Raises:
        UsageError: what was typed says two things, or a name that no file can have here.
        CrawlerError: a file is there that is not to be overwritten.
    """
    if given.get("output") == PRINTED:
        return Destination(None, None, Present.REPLACE, None)
    folder, template, target = _place(given, is_single=is_single)
    archive = folder / CONTINUED if "go_on" in given else given.get("archive")
    careful = target is not None or ("remote_name" in given and "server_name" not in given)
    is_ours = archive is not None and archive.exists()
    present = _present(given, careful=careful and not is_ours)
    _check_names(template, present)
    if target is not None and present is not Present.SKIP:
        _check_target(target, present)
    return Destination(folder, template, present, archive, target)


def _check_names(template: str | None, present: Present) -> None:
    """Raise where names are known only by answers, and are asked for before them."""
    if present in {Present.SKIP, Present.ASK} and naming.is_from_answer(template or "", ""):
        raise UsageError("the answers name the files: -N and -nc need the names before that")


def _check_target(target: Path, present: Present) -> None:
    """Raise unless a body may take the place of what stands at `target`.

    It is replaced by a rename, which would put a file where /dev/null was, and for all programs.
    """
    if target.exists() and not target.is_file():
        raise CrawlerError(f"{target} is a device, a pipe or a socket, and stays: -o - prints")
    if present is Present.REFUSE and target.exists():
        raise CrawlerError(f"{target} is there already: {REMEDY}")
    if target.is_symlink():
        raise CrawlerError(f"{target} is a link, and stays: name the file that it leads to")


def _place(given: Mapping[str, Any], *, is_single: bool) -> tuple[Path, str | None, Path | None]:
    """Return folder and template, and the file that was named, if one was."""
    folder: Path = given.get("directory_prefix", Path())
    template = REMOTE_NAME if "remote_name" in given else given.get("path")
    if "server_name" in given:
        template = SERVER_NAME
    name = given.get("output")
    if name is None:
        return folder, template, None
    target = folder / name
    if not _is_file(target, name, is_single=is_single):
        return target, template, None
    return *_named(target, given), target


def is_single(urls: Sequence[str], list_file: Path | None) -> bool:
    """Tell whether there is one URL alone."""
    if list_file is not None or len(urls) != 1:
        return False
    try:
        return len(globbing.parse(urls[0])) == 1
    except ValueError:  # it will be told as wrong
        return True


def _present(given: Mapping[str, Any], *, careful: bool) -> Present:
    if "timestamping" in given:
        return Present.ASK
    if "no_clobber" in given:
        return Present.SKIP
    return Present.REFUSE if careful and "force" not in given else Present.REPLACE


def _is_file(path: Path, name: str, *, is_single: bool) -> bool:
    if name.endswith("/") or path.is_dir():
        return False
    if not is_single and path.exists():
        raise UsageError(f"-o {name} is a file, and there are several URLs: name a folder")
    return is_single


def _named(path: Path, given: Mapping[str, Any]) -> tuple[Path, str]:
    if "path" in given:
        raise UsageError(f"-o {path} is one file, and --path names many: write -o {path}/")
    if "server_name" in given:
        raise UsageError(f"-o {path} is one file, and -J names it otherwise: write -o {path}/")
    template = path.name.replace("{", "{{").replace("}", "}}")
    if not path.name or naming.path_of(template, "", "http://h/", 0, {}) != path.name:
        raise UsageError(f"-o {path}: no file is called so here, for its length or its signs")
    return path.parent, template
