"""The token: whoever has it may ask and act. It lies in a file that its user alone may read."""

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from crawler.errors import LOCAL_FAULTS, LocalFaultError, UsageError
from crawler.rights import PRIVATE, make_folder
from crawler.state_address import StateAddress

BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,256}")
"""At least 128 bits, in what a URL, a header and a cookie hold."""


def file_of(state: StateAddress, output: Path | None) -> Path:
    """Return where the token of a ledger is: beside its file, or beside the output folder.

    Raises:
        UsageError: a server has the ledger, and no configuration names an output folder.
    """
    beside = state if isinstance(state, Path) else output
    if beside is None:
        raise UsageError("a server has the ledger: name a file for the token with --token-file")
    return beside.with_name(f"{beside.name}.token")


def token_in(file: Path) -> str:
    """Return the token in a file; it is made if there is none.

    Raises:
        UsageError: the file cannot be used; the message has the remedy, and never the token.
        LocalFaultError: the machine is at fault, as a full disk is.
    """
    try:
        if not file.exists():
            _make(file)
        return _read(file)
    except OSError as error:
        if error.errno in LOCAL_FAULTS:
            raise LocalFaultError(f"{file}: {error.strerror}") from error
        raise UsageError(f"{file}: {error.strerror}; --token-file names another one") from error


def _make(file: Path) -> None:
    """Write a new token, whole or not at all; one that another process makes meanwhile stays."""
    make_folder(file.parent)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE.file)
    try:
        with os.fdopen(descriptor, "w") as opened:
            os.fchmod(opened.fileno(), PRIVATE.file)
            opened.write(f"{secrets.token_urlsafe(BYTES)}\n")
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(part, file)
    finally:
        part.unlink()


def _read(file: Path) -> str:
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)  # a pipe is not waited for
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{file} is no file; --token-file names another one")
        text = opened.read(512).decode("ascii", "replace").strip()
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise UsageError(
            f"{file} may be read by others, and whoever reads it may do everything: "
            f"remove it, and a new one is made, or chmod 600"
        )
    if not _TOKEN.fullmatch(text):
        raise UsageError(
            f"{file} holds no token: 22 to 256 letters, digits, - and _; "
            "remove it, and a new one is made"
        )
    return text
