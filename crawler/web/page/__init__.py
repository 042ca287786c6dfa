"""The page of `crawler web`: its files as they are served; they hold no data and no secret."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from pathlib import PurePath
from typing import NamedTuple

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".LICENSE": "text/plain; charset=utf-8",
}
"""What is served, by the end of its name."""


class File(NamedTuple):
    """A file of the page."""

    content: bytes
    type: str
    """Its media type."""


@cache
def files() -> Mapping[str, File]:
    """Return the files of the page by the path of their URL; `/` is the page itself."""
    found = dict(_files(resources(__package__), "/page/"))
    found["/"] = found.pop("/page/index.html")
    return found


def _files(folder: Traversable, path: str) -> list[tuple[str, File]]:
    found = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _files(one, f"{path}{one.name}/")
        elif kind := TYPES.get(PurePath(one.name).suffix):
            found.append((f"{path}{one.name}", File(one.read_bytes(), kind)))
    return found
