"""Whether the ledger is the one that knows the files of the output folder."""

import os
from itertools import islice
from pathlib import Path

from crawler.errors import UsageError
from crawler.frontier import has_ledger
from crawler.state_address import StateAddress
from crawler.store.mark import NAME

_UNKNOWN = (
    "{state} was not there, and {output} holds files that no ledger knows, as {example}: every URL "
    "is visited anew, and its file replaces the one of that name. If there was a ledger, stop the "
    "daemon and restore its backup as crawler.state"
)
_MAX_FOLDERS = 100
"""Folders that are looked into for files, at a start with a new ledger."""
_RIGHT = "restore its backup as crawler.state, or set crawler.state and crawler.output right"
_EMPTY = "`crawler run --new-ledger` begins an empty ledger, and visits every URL again"
_OTHER = (
    "`crawler run --new-ledger` gives the folder to the ledger that is there, which visits what it "
    "has not stored itself"
)


def check_there(state: StateAddress, output: Path, named: str) -> None:
    """See that there is a state file, if the output folder names the ledger `named`.

    Raises:
        UsageError: there is none, and a start would make an empty one.
    """
    if named and not has_ledger(state):
        raise UsageError(
            f"crawler.state: {state} is not there or empty, and {output / NAME} says that the "
            f"files here belong to the ledger {named[:8]}; {_RIGHT}; {_EMPTY}"
        )


def check_same(state: StateAddress, output: Path, named: str, uid: str) -> None:
    """See that the ledger `uid` in a state file is the one that the output folder names.

    Raises:
        UsageError: it is another one.
    """
    if named and uid and named != uid:
        raise UsageError(
            f"crawler.state: {state} is the ledger {uid[:8]}, and {output / NAME} says that the "
            f"files here belong to the ledger {named[:8]}; {_RIGHT}; {_OTHER}"
        )


def unknown_files(state: StateAddress, output: Path) -> str:
    """Say that a new ledger begins beside files that it does not know; '' where there are none.

    A few folders are looked into: one file is enough to tell.
    """
    ours = (".", state.name) if isinstance(state, Path) else (".",)
    looked = islice(os.walk(output), _MAX_FOLDERS)
    found = (Path(folder, name) for folder, _, names in looked for name in names)
    example = next((one for one in found if not one.name.startswith(ours)), None)
    return _UNKNOWN.format(state=state, output=output, example=example) if example else ""
