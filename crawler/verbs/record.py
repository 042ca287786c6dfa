"""A URL of the ledger as programs read it: the record of `export`, and the head of `explain`."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from crawler.frontier import STATES, Desk, Entry, Wanted, pages
from crawler.log import printable
from crawler.policy.masking import NOTHING, USUAL, Mask
from crawler.verbs.words import as_json, stamp, word_of

FORMATS = ("jsonl", "csv", "list")
_FORMULA = ("=", "+", "-", "@")


def record(entry: Entry) -> dict[str, Any]:
    """Return all that is known of a URL; `kind` and the fields after it are of its last visit."""
    state = STATES[entry.state]
    return {
        "url": entry.url,
        "job": entry.job,
        "state": state,
        "outcome": word_of(entry.ended).replace(" ", "_") if entry.ended else None,
        "ended": entry.ended,
        "kind": entry.kind,
        "status": entry.status,
        "reason": entry.reason,
        "path": entry.path if entry.success_at or entry.digest else None,
        "bytes": entry.size,
        "digest": entry.digest.hex() if entry.digest else None,
        "attempts": entry.attempt,
        "failures": entry.failures,
        "host": entry.host,
        "location": entry.location,
        "directives": entry.directives,
        "unverified": bool(entry.unverified),
        "first_seen": stamp(entry.first_seen),
        "last_visit": stamp(entry.finished_at),
        "last_success": stamp(entry.success_at),
        "last_change": stamp(entry.changed_at),
        "due_at": stamp(entry.due_at) if state in {"waiting", "leased"} else None,
    }


def exported(desk: Desk, wanted: Wanted, style: str, mask: Mask = USUAL) -> Iterator[str]:
    """Yield the chosen URLs as text in a format of FORMATS, a page of them at a time."""
    write = _WRITERS[style]
    first = True
    for page in pages(desk, wanted):
        if page:
            yield write([mask.within(record(entry)) for entry in page], first)
            first = False


Records = list[dict[str, Any]]


def _jsonl(page: Records, _: bool) -> str:  # noqa: FBT001  whether it is the first page
    return "".join(as_json(one, NOTHING) + "\n" for one in page)


def _list(page: Records, _: bool) -> str:  # noqa: FBT001
    return "".join(f"{printable(one['url'])}\n" for one in page)


def _csv(page: Records, first: bool) -> str:  # noqa: FBT001
    """Return rows for spreadsheets: a cell that looks like a formula gets an apostrophe before it.

    The apostrophe is part of the cell then; programs read jsonl.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if first:
        writer.writerow(page[0])
    writer.writerows([_cell(value) for value in one.values()] for one in page)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = printable(value)
    return f"'{value}" if value.lstrip().startswith(_FORMULA) else value


_WRITERS: dict[str, Callable[[Records, bool], str]] = {
    "jsonl": _jsonl, "csv": _csv, "list": _list,
}  # fmt: skip
