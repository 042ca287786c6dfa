"""Media types as servers say them (RFC 9110, section 8.3.1). Pure."""

import re
from functools import lru_cache

MAX_SAID = 1024
"""Characters of a Content-Type that are read and remembered: a hostile one is as long as a head."""
_MEDIA_TYPE = re.compile(r"[ \t]*([!#$%&'*+.^`|~\w-]{1,127}/[!#$%&'*+.^`|~\w-]{1,127})", re.ASCII)
_WANTED = re.compile(r"[!#$%&'+.^`|~\w-]{1,127}/(?:[!#$%&'+.^`|~\w-]{1,127}|\*)", re.ASCII)


_CHARSET = re.compile(
    r";[ \t]*charset=(?:\"([!-~]{1,40})\"|([!#$%&'*+.^`|~\w-]{1,40}))", re.ASCII | re.IGNORECASE
)


def content_type(said: str | None) -> tuple[str | None, str | None]:
    """Return type and subtype of a Content-Type and its charset, both in lower case.

    What is beyond MAX_SAID is not looked at.
    """
    return _read(said[:MAX_SAID]) if said else (None, None)


@lru_cache(maxsize=256)
def _read(said: str) -> tuple[str | None, str | None]:
    """Read a field: it is asked for every file, and servers say the same few."""
    found = _MEDIA_TYPE.match(said)
    if not found:
        return None, None
    charset = _CHARSET.search(said, found.end())
    return found[1].lower(), (charset[1] or charset[2]).lower() if charset else None


def media_type(said: str | None) -> str | None:
    """Return type and subtype of a Content-Type, in lower case, without its parameters."""
    found = _MEDIA_TYPE.match(said or "")
    return found.group(1).lower() if found else None


def wanted(text: str) -> str:
    """Return a media type that is asked for, in lower case.

    Raises:
        ValueError: it is neither type/subtype nor type/*.
    """
    if not _WANTED.fullmatch(text):
        raise ValueError("is no media type: text/html and image/* are")
    return text.lower()
