"""Parts in the folder of the files: told, since no run without their ledger goes on with them."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from crawler.policy.naming import is_part
from crawler.verbs.fetch.destination import Destination

MAX_LOOKED_AT = 2000
"""Names that are looked at: a folder may be anything."""


def leftovers(destination: Destination) -> str:
    """Return the line about parts of another run, '' where there are none, or a ledger has them."""
    folder = destination.folder
    if folder is None or destination.archive is not None:
        return ""
    found = sum(is_part(name) for name in islice(_names(folder), MAX_LOOKED_AT))
    if not found:
        return ""
    parts = "1 part" if found == 1 else f"{found} parts"
    return (
        f"{parts} (*.part) of another run in {folder}: if it was killed, remove what it left; "
        "with -c from its beginning a run can be gone on with"
    )


def _names(folder: Path) -> Iterator[str]:
    for _, _, names in os.walk(folder):
        yield from names
