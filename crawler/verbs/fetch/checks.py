"""What bodies are to be, as it is typed, or as the lines of a list say it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from crawler.errors import UsageError
from crawler.policy import checksums

OF_LIST = "list"
"""Value of --checksum that means the columns of the list."""
_METALINK = frozenset({".meta4", ".metalink"})


class Checks(NamedTuple):
    """Where it is said what bodies are to be."""

    text: str = ""
    """Of the one URL, as visits have it."""
    lines: bool = False
    """Whether lines say it."""


def checks_of(given: Mapping[str, Any], list_file: Path | None, *, single: bool) -> Checks:
    """Read --checksum; a Metalink file says it itself.

    Raises:
        UsageError: it is none, or there is more than one URL, or no list.
    """
    text = given.get("checksum")
    if text is None:
        return Checks(lines=list_file is not None and list_file.suffix.lower() in _METALINK)
    if text == OF_LIST:
        if list_file is None:
            raise UsageError("--checksum list: -i names the list, with a column sha256")
        return Checks(lines=True)
    if not single:
        raise UsageError(
            "--checksum is that of one URL; --checksum list takes the column sha256 of -i"
        )
    try:
        one = checksums.typed(text)
        return Checks(checksums.text_of({one.algorithm: one.digest}, ()))
    except ValueError as error:
        raise UsageError(f"--checksum: {error}") from None
