"""JSON Lines and the elements of JSON arrays: objects with the URL and other members. Pure."""

import json
from collections.abc import Mapping

from crawler.policy import checksums
from crawler.sources.contract import Entries, Fields
from crawler.sources.heads import BOM
from crawler.sources.texts import checked, text_of
from crawler.urls import INVISIBLE


class JsonLines:
    """An object a line, with the URL and the other members that are used.

    Elements of an array may be texts, too: the URLs alone.
    """

    def __init__(self, fields: Fields, *, array: bool = False) -> None:
        self.salt = fields.salt("json" if array else "jsonl")
        self._array = array
        self._fields = fields
        self._names = fields.needed | fields.wanted
        self._decoder = json.JSONDecoder(parse_int=str, parse_float=str)

    def start(self, first: bytes) -> None:
        """See that a list that is said to be an array is one."""
        if self._array and first and not first.startswith(b"["):
            raise ValueError("it is no JSON array; a list of objects, one a line, is jsonl")

    def parse(self, line: bytes) -> Entries:
        """Do as `Source.parse` does."""
        text = text_of(line)  # one too long is told, even if what is left of it is blank
        if not line.removeprefix(BOM).strip():
            return
        members = self._members(text.strip(INVISIBLE))
        url = self._url_of(members)
        bound = checked(self._bound(members, url), self._fields)
        if self._fields.checks:
            bound = {**bound, **_checks(members)}
        yield members[url].strip(INVISIBLE), bound

    def _url_of(self, members: dict[str, str]) -> str:
        """Return the name of the member that holds the URL, in any case of its letters."""
        name = self._fields.url_column
        if name in members:
            return name
        folded = name.casefold()
        return next((one for one in members if one.casefold() == folded), name)

    def _bound(self, members: dict[str, str], url: str) -> dict[str, str]:
        """Return the members that are used, all of them texts."""
        bound = {name: members[name] for name in self._names if name in members}
        missing = sorted({url, *self._fields.needed}.difference(members))
        if missing:
            raise ValueError(f"it has no {', '.join(missing)}")
        odd = sorted(name for name in (url, *bound) if not isinstance(members[name], str))
        if odd:
            raise ValueError(f"its {', '.join(odd)} is neither text nor a number")
        return bound

    def _members(self, text: str) -> dict[str, str]:
        try:
            members = self._decoder.decode(text)
        except json.JSONDecodeError as error:
            what = error.msg.removesuffix(" starting at")
            raise ValueError(f"it is not JSON: {what} at column {error.colno}") from None
        except RecursionError:
            raise ValueError("it is nested too deep") from None
        if isinstance(members, dict):
            return members
        if self._array and text.startswith('"'):
            return {self._fields.url_column: members}
        raise ValueError('it is no object, as in {"url": "https://example.org/"}')


def _checks(members: Mapping[str, object]) -> dict[str, str]:
    """Return the members that say what the body is; `mirrors` may be an array of URLs."""
    return {
        checksums.BOUND + name: _said(name, members[name])
        for name in checksums.COLUMNS
        if members.get(name) is not None
    }


def _said(name: str, value: object) -> str:
    if isinstance(value, list) and name == checksums.MIRRORS:
        return " ".join(map(str, value))
    if not isinstance(value, str):
        raise ValueError(f"its {name} is neither text nor a number")  # noqa: TRY004  of a line
    return value
