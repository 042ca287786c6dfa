"""Where a value stands in a configuration, in the words of operators."""

import re

Key = str | int
Path_ = tuple[Key, ...]

SECRET = frozenset({"auth", "body", "command", "cookies", "headers", "proxy", "state"})
"""Sections whose values no message repeats."""
MAX_KEY = 80
"""Characters of a key that a message repeats."""
_WORD = re.compile(r"[A-Za-z0-9_-]{0,80}")


def dotted(path: Path_) -> str:
    """Write a path as operators read it: `jobs[0].timeout.read`; a key may hold no secret."""
    text = ""
    for at, key in enumerate(path):
        secret = not SECRET.isdisjoint(path[:at])
        text += f"[{key}]" if isinstance(key, int) else f".{_shown(key, secret=secret)}"
    return text.removeprefix(".")


def _shown(key: str, *, secret: bool) -> str:
    """Return a key without what does not belong to a name: `X-Key: abc` is no header's name."""
    if secret and key != "[key]":
        word = _WORD.match(key)
        shown = word.group() if word else ""
        return key if shown == key else f"{shown}..."
    user, _, name = key.rpartition("@")  # user:password@host
    shown = f"***@{name}" if user else key
    return shown if len(shown) <= MAX_KEY else f"{shown[: MAX_KEY - 3]}..."
