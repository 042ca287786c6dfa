"""Whether the ledger is the one that knows the files of the output folder."""

from pathlib import Path

from crawler.errors import UsageError
from crawler.store.mark import NAME

_RIGHT = "restore its backup as crawler.state, or set crawler.state and crawler.output right"
_EMPTY = "`crawler run --new-ledger` begins an empty ledger, and visits every URL again"
_OTHER = (
    "`crawler run --new-ledger` gives the folder to the ledger that is there, which visits what it "
    "has not stored itself"
)


def check_there(state: Path, output: Path, named: str) -> None:
    """See that there is a state file, if the output folder names the ledger `named`.

    Raises:
        UsageError: there is none, and a start would make an empty one.
    """
    if named and not (state.exists() and state.stat().st_size):
        raise UsageError(
            f"crawler.state: {state} is not there or empty, and {output / NAME} says that the "
            f"files here belong to the ledger {named[:8]}; {_RIGHT}; {_EMPTY}"
        )


def check_same(state: Path, output: Path, named: str, uid: str) -> None:
    """See that the ledger `uid` in a state file is the one that the output folder names.

    Raises:
        UsageError: it is another one.
    """
    if named and uid and named != uid:
        raise UsageError(
            f"crawler.state: {state} is the ledger {uid[:8]}, and {output / NAME} says that the "
            f"files here belong to the ledger {named[:8]}; {_RIGHT}; {_OTHER}"
        )
