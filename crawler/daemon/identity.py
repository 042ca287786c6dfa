"""Whether the ledger is the one that knows the files of the output folder."""

from pathlib import Path

from crawler.errors import UsageError
from crawler.store.mark import NAME

REMEDY = (
    "restore its backup as crawler.state, or set crawler.state and crawler.output right; `crawler "
    "run --new-ledger` goes on without it, and visits every URL again"
)


def check_there(state: Path, output: Path, named: str) -> None:
    """See that there is a state file, if the output folder names the ledger `named`.

    Raises:
        UsageError: there is none, and a start would make an empty one.
    """
    if named and not (state.exists() and state.stat().st_size):
        raise UsageError(
            f"crawler.state: {state} is not there or empty, and {output / NAME} says that the "
            f"files here belong to the ledger {named[:8]}; {REMEDY}"
        )


def check_same(state: Path, output: Path, named: str, uid: str) -> None:
    """See that the ledger `uid` in a state file is the one that the output folder names.

    Raises:
        UsageError: it is another one.
    """
    if named and uid and named != uid:
        raise UsageError(
            f"crawler.state: {state} is the ledger {uid[:8]}, and {output / NAME} says that the "
            f"files here belong to the ledger {named[:8]}; {REMEDY}"
        )
