"""`crawler move`: a ledger goes from a file to a server, from a server to a file, or to another."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from crawler.errors import UsageError
from crawler.frontier.moves import bring_back, move
from crawler.log import moves_cursor
from crawler.state_address import StateAddress
from crawler.verbs.words import as_json, counted, print_lines


def move_ledger(
    *, origin: StateAddress, target: StateAddress | None, undo: bool, as_json_: bool
) -> None:
    """Do what `crawler move` says; its options are in `crawler/verbs/commands/`."""
    if undo:
        _undo(origin, target)
        return
    if target is None:
        raise UsageError("crawler move FROM TO: name where the ledger is to go")
    with _bar() as told:
        rows = move(origin, target, told)
    if as_json_:
        print_lines([as_json({"from": str(origin), "to": str(target), "rows": rows})])
        return
    print_lines(_lines(origin, target, rows))


def _undo(origin: StateAddress, target: StateAddress | None) -> None:
    if target is not None:
        raise UsageError("crawler move --undo FROM: it needs no TO, which stays as it is")
    place = bring_back(origin)
    told = f"{origin} goes on, as another ledger than the one that was moved to {place}"
    print_lines([f"{told}: `crawler run --new-ledger` gives it the output folder"])


def _lines(origin: StateAddress, target: StateAddress, rows: dict[str, int]) -> Iterator[str]:
    if rows:
        tables = f"{counted(len(rows), 'table')}, {counted(sum(rows.values()), 'row')}"
        yield f"{tables} copied, and found the same"
    yield f"{origin} was moved to {target}: set crawler.state to that, and start the daemon"


@contextmanager
def _bar() -> Iterator[Callable[[str, int], None]]:
    """Show what is copied and compared, where somebody looks."""
    tqdm.monitor_interval = 0  # its monitor is a thread
    quiet = not moves_cursor(sys.stderr.fileno())
    with tqdm(unit=" rows", unit_scale=True, disable=quiet, dynamic_ncols=True, leave=False) as bar:

        def told(table: str, rows: int) -> None:
            bar.set_description(table, refresh=False)
            bar.update(rows)

        yield told
