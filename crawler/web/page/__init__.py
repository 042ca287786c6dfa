"""The page: its files, by path. They hold nothing of the crawler's; the API has that."""

from collections.abc import Mapping
from typing import NamedTuple


class File(NamedTuple):
    """A file that anybody may have."""

    content: bytes
    type: str
    """Its media type."""


_PAGE = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>crawler</title>
<p>The answers of the crawler are below <code>/api/v1</code>, see <code>/openapi.json</code>.</p>
</html>
"""


def files() -> Mapping[str, File]:
    """Return all files of the page; `/` is the page itself."""
    return {"/": File(_PAGE, "text/html; charset=utf-8")}
