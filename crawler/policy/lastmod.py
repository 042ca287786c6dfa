"""What a sitemap says of when a page was changed last. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crawler.model import DAY_S, Seconds

_LONGEST = 40
"""Characters of a date that is looked at."""
_DAY = len("2026-11-28")
UNCHANGED_REST_S: Seconds = DAY_S
"""Longest rest of a page that did not change, whatever its sitemap says."""


def modified_at(text: str) -> int | None:
    """Return the time of a W3C date (`2026-11-28`, `2026-11-28T10:00:00Z`) or of a feed's date.

    A day without a time means its last second, for the page may have changed until then; months
    and years say too little. Wall time in seconds; None where it is no such date.
    """
    text = text.strip()
    if not _DAY <= len(text) <= _LONGEST:
        return None
    try:
        when = datetime.fromisoformat(text) if text[0].isdigit() else parsedate_to_datetime(text)
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        if len(text) == _DAY:
            when += timedelta(days=1, seconds=-1)
        return int(when.timestamp())
    except (ValueError, OverflowError):
        return None
