"""The mark of an output folder: `.crawlerd`, which names the ledger that knows its files."""

import json
from contextlib import suppress
from pathlib import Path

NAME = ".crawlerd"


def ledger_named(output: Path) -> str:
    """Return the id of the ledger of an output folder, '' if none can be read there."""
    try:
        found = json.loads((output / NAME).read_bytes())
    except (OSError, ValueError):
        return ""
    uid = found.get("ledger") if isinstance(found, dict) else None
    return uid if isinstance(uid, str) else ""


def name_ledger(output: Path, uid: str) -> None:
    """Write the mark, whole or not at all; not where the folder may not be written just now.

    A start without a mark is a start like any other, and writes it.
    """
    part = output / f"{NAME}.part"
    with suppress(OSError):
        part.write_text(json.dumps({"ledger": uid}) + "\n")
        part.replace(output / NAME)
