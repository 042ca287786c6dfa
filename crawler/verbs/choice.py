"""Which URLs the options of a verb choose."""

from collections.abc import Sequence

from crawler.frontier import Wanted
from crawler.model import Seconds


def wanted(
    job: str | None,
    host: str | None,
    kinds: Sequence[str],
    last_ends: Sequence[str],
    since: Seconds | None,
    states: Sequence[str] = (),
    *,
    now: Seconds,
) -> Wanted:
    """Return which URLs the options of `choosing_urls` and `states` choose at a time."""
    at = None if since is None else now - since
    return Wanted(job, host, tuple(kinds), tuple(states), at, tuple(last_ends))
