"""A URL in its two tables: `task`, and `visited`, with a row for it once visits left something.

A URL of a long list takes fewer bytes so, and a lease writes fewer.
"""

TASKS = "task LEFT JOIN visited ON visited.task = task.id"
"""What to select from where columns of both are asked for."""
_COUNTS = frozenset({"suspicion", "hops"})
_FLAGS = frozenset({"unverified", "host_asked"})
VISITED = _COUNTS | _FLAGS | {
    "location", "kind", "status", "reason", "directives", "size", "etag", "last_modified",
    "media_type", "charset", "final_location", "part", "part_etag", "part_modified",
    "part_total", "success_at", "changed_at", "every", "store", "part_store", "cookies",
}  # fmt: skip
"""Columns of `visited`; all others are of `task`."""
BEGIN_ANEW = "UPDATE visited SET location = NULL, hops = 0, cookies = NULL"
"""What a URL that begins anew has left behind; a condition on `task` follows."""


def column(name: str) -> str:
    """Return what to select from TASKS for a column."""
    if name in _COUNTS:
        return f"ifnull(visited.{name}, 0)"
    if name in _FLAGS:
        return f"ifnull(visited.{name}, FALSE)"
    return f"visited.{name}" if name in VISITED else f"task.{name}"


def columns(names: str) -> str:
    """Return what to select from TASKS for columns, as a list with commas."""
    return ", ".join(map(column, names.split(", ")))
