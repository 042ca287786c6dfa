"""`python -m tests.bench [CASE…]` measures; some cases are commands with options of their own."""

import sys
from collections.abc import Callable
from importlib import import_module

ALONE = {
    "beside": "beside",
    "rude": "rude",
    "lists": "lists",
    "list": "lists",
    "longlist": "longlist",
    "soak": "soak",
    "fetching": "fetching",
    "overhead": "overhead",
    "frontier": "frontier.command",
    "cluster": "cluster",
    "page": "page",
    "profile": "profile",
}
"""Cases that are commands of their own, and their modules."""


def main() -> int:
    """Run a command of its own, or the suite."""
    alone = ALONE.get(sys.argv[1]) if len(sys.argv) > 1 else None
    run: Callable[[list[str]], int | None] = import_module(f"tests.bench.{alone or 'suite'}").main
    return run(sys.argv[2:] if alone else sys.argv[1:]) or 0


if __name__ == "__main__":
    sys.exit(main())
