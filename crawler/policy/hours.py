"""Opening hours: windows of the day in a time zone, and when the next one opens. Pure.

`22:00-06:00 Europe/Berlin` crosses midnight; `sat,sun 00:00-24:00` and `mon-fri 20:00-06:00` name
days, of the window's beginning; several windows are joined by `;`. Without a zone it is UTC.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.model import DAY_S, Seconds
from crawler.value import value

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(
    r"(?:(?P<days>[a-z,-]+)\s+)?(?P<from>\d{2}:\d{2})\s*-\s*(?P<to>\d{2}:\d{2})", re.IGNORECASE
)
_SHAPE = "hours look like 22:00-06:00 Europe/Berlin or mon-fri 20:00-06:00; sat,sun 00:00-24:00"


@value
class Window:
    """A stretch of every one of its days; `until` before `begin` is on the next day."""

    days: frozenset[int]
    begin: int
    until: int
    """Minutes after midnight."""

    def of(self, day: datetime) -> tuple[Seconds, Seconds] | None:
        """Return the wall times at which the window of that day opens and shuts, if it does."""
        if day.weekday() not in self.days:
            return None
        until = self.until if self.until > self.begin else self.until + 1440
        times = _at(day, self.begin), _at(day, until)
        return times if times[0] < times[1] else None  # a change of the clock may skip it


@value
class Hours:
    """When visits may begin."""

    windows: tuple[Window, ...]
    zone: tzinfo

    def opens_at(self, now: Seconds) -> Seconds:
        """Return the wall time from which visits may begin: `now` itself while it is open."""
        today = datetime.fromtimestamp(now, self.zone).date()
        begins: list[Seconds] = []
        for shift in range(-1, 15):  # it may have begun the day before; a week's may be skipped
            ahead = [times for times in self._of(today + timedelta(days=shift)) if times[1] > now]
            if any(times[0] <= now for times in ahead):
                return now
            if begins:  # a day later nothing is sooner, but where the clock skips midnight
                return min([*begins, *(times[0] for times in ahead)])
            begins = [times[0] for times in ahead]
        return min(begins)

    @property
    def open_s(self) -> Seconds:
        """Return for how long a day visits may begin, in the mean of a week."""
        minutes = (len(one.days) * ((one.until - one.begin) % 1440 or 1440) for one in self.windows)
        return min(DAY_S, sum(minutes) * 60.0 / 7)

    def _of(self, date: date) -> list[tuple[Seconds, Seconds]]:
        day = datetime.combine(date, time(), self.zone)
        return [times for window in self.windows if (times := window.of(day))]


def parse(text: str) -> Hours:
    """Read opening hours.

    Raises:
        ValueError: the text is none, or names no time zone that is known.
    """
    body, zone = _zoned(text.strip())
    windows = tuple(_window(part.strip()) for part in body.split(";"))
    return Hours(windows, zone)


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name in the IANA database.

    Raises:
        ValueError: there is none.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name} is no time zone, as Europe/Berlin or UTC are") from None


def _zoned(text: str) -> tuple[str, tzinfo]:
    parts = text.rsplit(maxsplit=1)
    if len(parts) == 2 and ":" not in parts[1]:
        return parts[0], zone_of(parts[1])
    return text, UTC


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if not match:
        raise ValueError(_SHAPE)
    begin, until = _minutes(match["from"]), _minutes(match["to"])
    if begin == until:
        raise ValueError(f"{text} is empty; the whole day is 00:00-24:00")
    if begin == 1440:
        raise ValueError(f"{text} begins with 24:00, which is 00:00 of the next day")
    return Window(_days(match["days"]), begin, until)


def _minutes(text: str) -> int:
    hour, minute = int(text[:2]), int(text[3:])
    if minute > 59 or hour * 60 + minute > 1440:
        raise ValueError(f"{text} is no time of day")
    return hour * 60 + minute


def _days(text: str | None) -> frozenset[int]:
    if text is None:
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.lower().split(","):
        first, dash, last = part.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            raise ValueError(f"{part or text} is no day: {' '.join(_DAYS)} are")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(days)


def _at(day: datetime, minutes: int) -> Seconds:
    """Return the wall time of a local time; a time that the clock skips is moved on."""
    local = datetime.combine(day.date(), time(), day.tzinfo) + timedelta(minutes=minutes)
    return local.timestamp()
