"""Which processes live, as this one sees it on its own clock: the clocks of others may differ."""

from collections.abc import Mapping

from crawler.frontier import LEASE_S, Watched
from crawler.model import Seconds


class OwnerWatch:
    """Remembers when each owner was seen to change; `now` is a point on the monotonic clock."""

    def __init__(self) -> None:
        self._changed: dict[int, tuple[Seconds, Seconds]] = {}

    def look(self, seen: Mapping[int, Seconds], now: Seconds) -> Watched:
        """Compare with the last look; `seen` is when each owner was last seen, by its own clock."""
        before = self._changed
        self._changed = {
            owner: before[owner] if owner in before and before[owner][0] == at else (at, now)
            for owner, at in seen.items()
        }
        return Watched(
            {one: at for one, (at, since) in self._changed.items() if now - since > LEASE_S}
        )
