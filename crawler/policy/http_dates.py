"""Times in HTTP headers: dates, and the seconds that Retry-After asks for. Pure."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from crawler.model import DAY_S, Seconds

MAX_RETRY_AFTER_S: Seconds = DAY_S
"""A server cannot send a URL further into the future than this."""
MAX_DATE = 128
"""Characters of a date: no form has more than 33, and some servers add a comment."""

_IMF_FIXDATE = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([1-9][0-9]{3}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}


def parse_http_date(value: str | None) -> Seconds | None:
    """Return the wall time of an HTTP date in any of its three forms (RFC 9110, 5.6.7), or None."""
    return _date(value) if value and len(value) <= MAX_DATE else None


@lru_cache(maxsize=256)
def _date(value: str) -> Seconds | None:
    """Read a date: answers that come together often bear the same one."""
    if usual := _IMF_FIXDATE.fullmatch(value):
        return _fixdate(usual)
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def parse_retry_after(value: str | None, now: Seconds) -> Seconds | None:
    """Return the seconds a Retry-After asks for (RFC 9110, 10.2.3); None if it makes no sense."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), MAX_RETRY_AFTER_S)
    at = parse_http_date(text)
    return None if at is None or at <= now else min(at - now, MAX_RETRY_AFTER_S)


def _fixdate(found: re.Match[str]) -> Seconds | None:
    """Return the wall time of a date in the form that nearly every server sends."""
    year, day, hour, minute, second = map(int, found.group(3, 1, 4, 5, 6))
    try:
        month = _NUMBERS[found[2]]
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except (KeyError, ValueError):
        return None
