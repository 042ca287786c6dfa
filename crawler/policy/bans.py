"""A host that refuses everything has banned us: it rests as one, and a probe decides. Pure.

One URL that is refused says something of that URL. Many in a row, of several paths and with no good
answer between, say something of the host; to go on would only make it worse.
"""

from collections.abc import Mapping

from crawler.model import Kind, Outcome, Seconds
from crawler.value import mutable, value

REFUSED_STATUS = frozenset({401, 403, 429, 451})
"""HTTP errors by which a server refuses who asks (RFC 9110, section 15.5; RFC 6585; RFC 7725)."""
REFUSALS_TO_BAN = 10
"""Refusals in a row, of two paths at least, after which a host rests as one."""
FIRST_BAN_S: Seconds = 300.0
"""Rest after them; each refused probe doubles it, up to `max_backoff`."""
MAX_REFUSED_PROBES = 5
"""Refused probes after which the URLs of the host end as refused."""


@value
class BanRules:
    """What a job takes for a refusal: any of these."""

    statuses: frozenset[int] = REFUSED_STATUS
    headers: tuple[tuple[str, str], ...] = ()
    """Names of header fields, and what each contains, in any case."""
    texts: tuple[bytes, ...] = ()
    """What a body contains."""

    def refusal_in(self, headers: Mapping[str, str]) -> str:
        """Return what of a head refuses the visit, '' if nothing does."""
        for name, text in self.headers:
            said = headers.get(name)
            if said is not None and text.lower() in said.lower():
                return f"refused by header {name}"
        return ""


def is_refusal(outcome: Outcome) -> bool:
    """Tell whether a server refused the visit."""
    if outcome.refused is not None:
        return outcome.refused
    return outcome.kind is Kind.HTTP_ERROR and outcome.status in REFUSED_STATUS


@mutable
class Refusals:
    """The refusals of a host in a row."""

    number: int = 0
    """As long as they are of one path it stays below the limit."""
    path: int = 0
    """Fingerprint of the URL that was refused first; 0 for none."""
    several: bool = False
    """Whether another one was refused as well."""
    since: Seconds | None = None
    limit: int = REFUSALS_TO_BAN
    """Refusals after which the host rests as one."""

    @property
    def banned(self) -> bool:
        """Tell whether the host rests as one."""
        return self.number >= self.limit

    @property
    def probes(self) -> int:
        """Return how many probes were refused since."""
        return max(0, self.number - self.limit)

    def add(self, path: int, now: Seconds) -> None:
        """Note a refusal of a URL, by its fingerprint."""
        if self.since is None:
            self.since, self.path = now, path
        self.several = self.several or path != self.path
        self.number += 1
        if not self.several:
            self.number = min(self.number, self.limit - 1)

    def limit_to(self, limit: int) -> None:
        """Change the limit; a ban stays one with its probes, and what is none becomes none."""
        self.number = limit + self.probes if self.banned else min(self.number, limit - 1)
        self.limit = limit

    def clear(self) -> None:
        """Note a good answer."""
        self.number, self.path, self.several, self.since = 0, 0, False, None

    def rest(self, most: Seconds) -> Seconds:
        """Return how long a banned host rests now, `most` at the longest."""
        return min(most, FIRST_BAN_S * 2.0 ** min(self.probes, 20))

    def lasting(self, now: Seconds, give_up: Seconds) -> bool:
        """Tell whether the ban is believed: its probes were refused, or it lasts for `give_up`."""
        since = self.since
        return self.banned and (
            self.probes >= MAX_REFUSED_PROBES or (since is not None and now - since >= give_up)
        )
