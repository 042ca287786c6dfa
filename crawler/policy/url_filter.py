"""Which URLs of a list are left out: by patterns, by hosts, by when they were changed. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from math import inf

from crawler.model import DAY_S, Seconds
from crawler.policy.credentials import host_patterns
from crawler.policy.url_patterns import Patterns

_HOUR_S: Seconds = 3600.0
_LONG_SPAN_S: Seconds = 7 * DAY_S
"""A span from this length on ends at the beginning of a day (UTC), a shorter one of an hour."""
_CACHED_HOSTS = 1024
"""The lines of a list stand together by host."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].+)?")


def date_of(text: str) -> Seconds:
    """Return the wall time of a date or time (ISO 8601), of UTC if it names no zone.

    Raises:
        ValueError: it is none.
    """
    try:
        found = datetime.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise ValueError("a date is needed, as in 2026-01-31, or a span before now, as in 30d")
    return found.replace(tzinfo=found.tzinfo or UTC).timestamp()


def begin_of(span: Seconds, now: Seconds) -> Seconds:
    """Return where a span before now begins; all that is read in one day or hour has one."""
    step = DAY_S if span >= _LONG_SPAN_S else _HOUR_S
    return now - span - (now - span) % step


class UrlFilter:
    """What of a list is left out; `since` is a wall time, None where it bounds nothing."""

    def __init__(
        self,
        include: Sequence[str],
        exclude: Sequence[str],
        hosts: Sequence[str],
        since: Seconds | None,
        words: str,
    ) -> None:
        """Make a filter of options that were checked; `words` are these, without a time.

        Raises:
            ValueError: the patterns are too large together.
        """
        self._include, self._exclude = include, exclude
        self._patterns = _patterns(tuple(include), tuple(exclude))
        self._hosts = frozenset(hosts)
        self._has = lru_cache(maxsize=_CACHED_HOSTS)(self._named)
        self._since = -inf if since is None else since
        self.mark = blake2b(words.encode(), digest_size=8).hexdigest()
        """Of what the operator said: another one leaves out other URLs by his own word."""
        self.reading = self.mark if since is None else f"{self.mark}@{since:.0f}"
        """Mark of what it means for a line that is read now."""

    def leaves_out(self, url: str, host: str, modified: Seconds | None) -> bool:
        """Tell whether a URL is left out; `host` is its name:port, `modified` by its list."""
        if self._hosts and not self._has(host):
            return True
        if modified is not None and modified < self._since:
            return True
        if self._patterns is None:
            return False
        found = self._patterns.found(url)
        return max(found) >= len(self._include) if found else bool(self._include)

    def why(self, url: str, host: str) -> str:
        """Return what leaves a URL out whatever its list says of it, for people; "" for nothing."""
        if self._hosts and not self._has(host):
            return "hosts: it names no host of this URL"
        found = self._patterns.found(url) if self._patterns else ()
        if excluded := [one for one in found if one >= len(self._include)]:
            return f"exclude: {self._exclude[min(excluded) - len(self._include)]}"
        return "include: no pattern of it matches" if self._include and not found else ""

    def _named(self, host: str) -> bool:
        return not self._hosts.isdisjoint(host_patterns(host))


@lru_cache(maxsize=1024)
def _patterns(include: tuple[str, ...], exclude: tuple[str, ...]) -> Patterns | None:
    """Return the patterns of a filter; jobs with the same ones share them."""
    return Patterns((*include, *exclude)) if include or exclude else None
