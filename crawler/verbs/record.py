"""A URL of the ledger as programs read it: the record of `export`, and the head of `explain`."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from crawler.frontier import STATES, Desk, Entry, Wanted, pages
from crawler.log import printable
from crawler.policy.masking import NOTHING, USUAL, Mask
from crawler.verbs.stores import Stores
from crawler.verbs.words import as_json, stamp, word_of

COLUMNS = (
    "url", "job", "state", "outcome", "ended", "kind", "status", "reason", "path", "bytes",
    "digest", "attempts", "failures", "host", "location", "directives", "unverified",
    "first_seen", "last_visit", "last_success", "last_change", "due_at", "store",
    "media_type", "charset", "final_location",
)  # fmt: skip
"""Fields of a record, in their order."""
_FORMULA = ("=", "+", "-", "@")


def record(entry: Entry, stores: Stores) -> dict[str, Any]:
    """Return all that is known of a URL; `kind` and the fields after it are of its last visit."""
    state = STATES[entry.state]
    media_type, charset, final_location = _of_file(entry)
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
        "store": stores.told(entry.store) if entry.digest else None,
        "media_type": media_type,
        "charset": charset,
        "final_location": final_location,
    }


def _of_file(entry: Entry) -> Sequence[str | None]:
    """Return media type, charset and location of the answer that brought the stored file."""
    found = (entry.media_type, entry.charset, entry.final_location or entry.url)
    return found if entry.digest else (None, None, None)


def exported(desk: Desk, wanted: Wanted, style: str, mask: Mask = USUAL) -> Iterator[str]:
    """Yield the chosen URLs as text in a format of FORMATS, a page of them at a time.

    A table has its header also where there is no URL.
    """
    write, stores = _WRITERS[style], Stores(desk.sums().stores)
    head = _row(COLUMNS) if style == "csv" else ""
    for page in pages(desk, wanted):
        yield head + write([mask.within(record(entry, stores)) for entry in page])
        head = ""
    yield head


Records = list[dict[str, Any]]


def _jsonl(page: Records) -> str:
    return "".join(as_json(one, NOTHING) + "\n" for one in page)


def _list(page: Records) -> str:
    return "".join(f"{printable(one['url'])}\n" for one in page)


def _csv(page: Records) -> str:
    """Return rows for spreadsheets: a cell that looks like a formula gets an apostrophe before it.

    The apostrophe is part of the cell then; programs read jsonl.
    """
    return "".join(_row([_cell(value) for value in one.values()]) for one in page)


def _row(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = printable(value)
    return f"'{value}" if value.lstrip().startswith(_FORMULA) else value


_WRITERS: dict[str, Callable[[Records], str]] = {"jsonl": _jsonl, "csv": _csv, "list": _list}
