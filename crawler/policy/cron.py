"""Occurrences of a cron expression on the local clock of a zone. Pure.

A change of that clock is dealt with as Debian's cron does it:

- where neither minute nor hour begins with `*` (`30 2 * * *`), an occurrence that the change skips
  comes right after it (03:00), and one that comes twice counts once, the first time;
- any other expression (`*/15 * * * *`) follows real time: an hour that is skipped has none, an hour
  that comes twice has them twice.

Where clocks change by less than an hour, or at midnight, occurrences of the second kind in the hour
after the change may be left out; none comes too often.
"""

import math
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import islice, pairwise

from cronsim import CronSim, CronSimError

from crawler.model import Seconds

_START = datetime(2000, 1, 1, tzinfo=UTC)
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""Names of expressions (crontab(5)); `@reboot` is none, for a daemon that starts often."""


def checked(cron: str) -> str:
    """Return a cron expression of five fields that can be read and has occurrences.

    Raises:
        ValueError: it has not; the message says why.
    """
    cron = _by_nickname(cron.strip())
    fields = cron.split()
    if len(fields) != 5:
        raise ValueError("cron has five fields: minute hour day month weekday, */15 6-22 * * 1-5")
    try:
        CronSim(f"* * * {fields[3]} *", _START)
        CronSim(" ".join([*fields[:3], "*", fields[4]]), _START)
    except (CronSimError, ValueError) as error:
        raise ValueError(f"cron cannot be read: {str(error).lower()}") from None
    with suppress(CronSimError):  # a day that none of its months has
        if next(CronSim(cron, _START), None):
            return cron
    raise ValueError(f"cron {cron} never comes")


def _by_nickname(cron: str) -> str:
    if cron.startswith("@") and cron.lower() not in NICKNAMES:
        raise ValueError(f"{cron[:20]} is no time of cron; there are {', '.join(NICKNAMES)}")
    return NICKNAMES.get(cron.lower(), cron)


def occurrences(cron: str, zone: tzinfo, after: Seconds) -> Iterator[Seconds]:
    """Yield the wall times of a cron expression on the clock of a zone, beyond `after`."""
    at: Seconds | None = after
    while at is not None and (at := _following(cron, zone, math.floor(at / 60))) is not None:
        yield at


def gap(cron: str, zone: tzinfo, since: Seconds, now: Seconds) -> Seconds | None:
    """Return the shortest of the next two times between occurrences; None if none came `since`.

    The shortest, so that `0 8,12,16 * * *` has four hours and not the night.
    """
    if next(occurrences(cron, zone, since), math.inf) > now:
        return None
    coming = islice(occurrences(cron, zone, now), 3)
    return min((later - at for at, later in pairwise(coming)), default=None)


@lru_cache(maxsize=4096)
def _following(cron: str, zone: tzinfo, minute: int) -> Seconds | None:
    """Return the first occurrence after a minute, None if there is none for fifty years."""
    at = minute * 60.0  # occurrences are on whole minutes
    for found in CronSim(cron, datetime.fromtimestamp(at, zone)):
        if found.timestamp() > at:  # in an hour that comes twice, CronSim repeats the first one
            return found.timestamp()
    return None
