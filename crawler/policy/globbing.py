r"""curl's URL globbing, with names: `{cc=cn,in,us}`, `[id=001-100]`, `[a-z]`, `[0-9:3]`.

A glob binds its value to its name, and to its position from 1, for use in a job's `path`. `{cc}`
after a glob named cc stands for its value again. A backslash takes the meaning from the character
after it; a bracketed IPv6 address is no glob.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import prod

from crawler.value import value

MAX_URLS = 10**12
"""URLs that one pattern may stand for."""
MAX_GLOBS = 100
"""Globs of one pattern, those that repeat a value included."""
_MAX_DIGITS = 15
"""Digits of a number in a range."""
_NAMED = re.compile(r"([a-z_][a-z0-9_]*)=", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d+)-(\d+)(?::(\d+))?")
_LETTERS = re.compile(r"(?=[a-z]-[a-z]|[A-Z]-[A-Z])(.)-(.)(?::(\d{1,15}))?")
_IPV6 = re.compile(r"\[(?:[0-9a-fA-F.]*+:){2}[0-9a-fA-F:.]*+\]")


@value
class Glob:
    """One `{…}` or `[…]` of a pattern."""

    name: str
    values: tuple[str, ...] | range
    width: int = 0
    """Digits that numbers are padded to."""

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[str]:
        return (
            value if isinstance(value, str) else f"{value:0{self.width}d}" for value in self.values
        )


@value
class Pattern:
    """A URL with globs."""

    globs: tuple[Glob, ...]
    parts: tuple[str | int, ...]
    """Texts, and numbers of globs whose values stand there."""

    def __len__(self) -> int:
        return prod(len(glob) for glob in self.globs)

    @property
    def names(self) -> frozenset[str]:
        """Names of bound values that a job's `path` may use."""
        positions = {str(position) for position in range(1, len(self.globs) + 1)}
        return frozenset(glob.name for glob in self.globs) | positions

    def __iter__(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield every URL with its bound values by name; the rightmost glob varies fastest."""
        for values in product(self.globs):
            bound = {str(position): value for position, value in enumerate(values, 1)}
            bound |= {glob.name: value for glob, value in zip(self.globs, values, strict=True)}
            url = "".join(part if isinstance(part, str) else values[part] for part in self.parts)
            yield url, bound


def parse(text: str) -> Pattern:
    """Read a URL pattern.

    Raises:
        ValueError: a glob is not closed, empty or not a range, or there are too many; the message
            says which.
    """
    globs, parts = list[Glob](), list[str | int]()
    at = slots = 0
    while at < len(text):
        part, at = _part(text, at, globs)
        parts.append(part)
        slots += isinstance(part, int)
        if slots > MAX_GLOBS:
            raise ValueError(
                f"it has more than {MAX_GLOBS} globs; write \\{{ or \\[ where no glob is meant"
            )
    pattern = Pattern(tuple(globs), _joined(parts))
    if prod(len(glob) for glob in globs) > MAX_URLS:
        raise ValueError(f"it stands for more than {MAX_URLS:,} URLs")
    return pattern


def product(globs: Sequence[Glob]) -> Iterator[tuple[str, ...]]:
    """Yield the combinations of all values as itertools.product does, but hold no range in memory.

    The rightmost glob varies fastest.
    """
    if not globs:
        yield ()
        return
    for head in product(globs[:-1]):
        for last in globs[-1]:
            yield (*head, last)


def _part(text: str, at: int, globs: list[Glob]) -> tuple[str | int, int]:
    """Return the text, or the number of the glob, at a position, and the position where it ends."""
    char = text[at]
    if char == "\\" and text[at + 1 : at + 2] in {"{", "}", "[", "]", "\\"}:
        return text[at + 1], at + 2
    if char not in "{[":
        return char, at + 1
    if char == "[" and (address := _IPV6.match(text, at)):
        return address.group(), address.end()
    end = _closing("}" if char == "{" else "]", text, at)
    if end < 0:
        raise ValueError(f"{text[at:]!r} is not closed; write \\{char} for the character")
    return _slot(char, text[at + 1 : end], globs), end + 1


def _closing(sign: str, text: str, at: int) -> int:
    """Return where a bracket ends, or -1; a backslash protects the character after it."""
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == sign:
            return at
        at += 1
    return -1


def _joined(parts: list[str | int]) -> tuple[str | int, ...]:
    """Join neighbouring texts."""
    joined: list[str | int] = []
    for is_text, run in groupby(parts, lambda part: isinstance(part, str)):
        if is_text:
            joined.append("".join(map(str, run)))
        else:
            joined.extend(run)
    return tuple(joined)


def _slot(opening: str, body: str, globs: list[Glob]) -> int:
    """Return the number of the glob that a bracket stands for, a new one or one named before."""
    names = [glob.name for glob in globs]
    if opening == "{" and body in names and not body.isdigit():
        return names.index(body)
    glob = _glob(opening, body, len(globs) + 1)
    if glob.name in names:
        raise ValueError(f"two globs are named {glob.name}; {{{glob.name}}} repeats a value")
    globs.append(glob)
    return len(globs) - 1


def _glob(opening: str, body: str, position: int) -> Glob:
    named = _NAMED.match(body)
    name = named.group(1) if named else str(position)
    body = body[named.end() :] if named else body
    if opening == "{":
        if not body:
            raise ValueError("{} holds no alternatives")
        values = re.split(r"(?<!\\),", body)
        return Glob(name, tuple(re.sub(r"\\(.)", r"\1", value) for value in values))
    return _range(name, body)


def _range(name: str, body: str) -> Glob:
    if match := _NUMBERS.fullmatch(body):
        first, last, step = match.groups()
        if max(map(len, (first, last, step or ""))) > _MAX_DIGITS:
            raise ValueError(f"[{body}] has numbers of more than {_MAX_DIGITS} digits")
        width = len(first) if first.startswith("0") else 0
        glob = Glob(name, _stepped(int(first), int(last), step), width)
    elif match := _LETTERS.fullmatch(body):
        first, last, step = match.groups()
        glob = Glob(name, tuple(map(chr, _stepped(ord(first), ord(last), step))))
    else:
        raise ValueError(f"[{body}] is not a range; write [1-9], [001-100], [0-9:3] or [a-z]")
    if not glob:
        raise ValueError(f"[{body}] is empty: the first value is beyond the last")
    return glob


def _stepped(first: int, last: int, step: str | None) -> range:
    """Return the numbers from first to last; a step that is left out, or 0, is 1."""
    return range(first, last + 1, int(step or 1) or 1)
