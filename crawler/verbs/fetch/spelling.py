"""Values as curl and wget spell them, in the spelling of the configuration. Pure."""

import re

from crawler.config import quantities
from crawler.config.quantities import A_DURATION, A_SIZE
from crawler.errors import UsageError

_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?")
_BINARY = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)([kmgtKMGT])")
MAX_ATTEMPTS = 100


def duration(option: str, text: str) -> str:
    """Return a time with its unit; a bare number is seconds, as curl and wget have it.

    Raises:
        UsageError: it is no time.
    """
    if _NUMBER.fullmatch(text):
        return f"{text}s"
    if not A_DURATION.fullmatch(text):
        raise UsageError(f"{option} {text}: a time is needed: seconds, or as in 500ms, 5m, 1h30m")
    return text


def size(option: str, text: str) -> str:
    """Return a size; k, M and G alone are powers of 1024, as curl and wget have it.

    Raises:
        UsageError: it is no size.
    """
    if binary := _BINARY.fullmatch(text):
        return f"{binary[1]}{binary[2].upper()}iB"
    if not A_SIZE.fullmatch(text):
        raise UsageError(f"{option} {text}: a size is needed: bytes, or as in 10k, 10M, 1GiB")
    return text


def rate(option: str, text: str) -> str | None:
    """Return a size for each second, None for 0, which bounds nothing (curl).

    Raises:
        UsageError: it is none.
    """
    found = size(option, text.removesuffix("/s"))
    return found if quantities.size(found) else None


def types(option: str, text: str) -> dict[str, tuple[str, ...]]:
    """Return the media types of a text with commas between them, as `accept` has them.

    Raises:
        UsageError: there is none.
    """
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    if not found:
        raise UsageError(f"{option} {text}: a media type is needed, as in text/html,image/*")
    return {"types": found}


def attempts(option: str, text: str, *, more: int = 0) -> int:
    """Return a number of visits; 0 and `inf` are as many as there may be.

    `more` is the number of visits that do not count, as the first one of `--retry`.

    Raises:
        UsageError: it is no such number.
    """
    if not more and text in {"0", "inf"}:
        return MAX_ATTEMPTS
    if not text.isdecimal() or not 1 <= int(text) + more <= MAX_ATTEMPTS:
        raise UsageError(f"{option} {text}: a number is needed, {MAX_ATTEMPTS - more} at most")
    return int(text) + more
