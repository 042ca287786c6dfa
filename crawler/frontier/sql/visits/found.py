"""Ready hosts that were looked at, in the order in which a process may take them."""

from collections.abc import Sequence
from dataclasses import field
from itertools import chain, islice
from typing import NamedTuple

from crawler.frontier.sql.visits.parking import ENOUGH, Crowd
from crawler.model import Seconds
from crawler.value import mutable


class Row(NamedTuple):
    """A ready host, and the process that holds its address."""

    host: int
    ready_at: Seconds
    address: str | None
    holder: int | None
    foreign: int
    own: int


@mutable
class Found:
    """Hosts that a process may take, in the order in which they are ready."""

    hosts: dict[int, Row] = field(default_factory=dict)
    """By number."""
    levels: list[list[int]] = field(default_factory=lambda: [[] for _ in range(ENOUGH + 1)])
    """By how many hosts there are before them at their address, or ENOUGH of them."""
    foreign: list[int] = field(default_factory=list)
    """Those that others go before."""
    more: bool = False
    """Whether there may be others, for what was looked at was parked."""

    def add(self, crowd: Crowd, rows: Sequence[Row]) -> None:
        """Add hosts, each behind those that are held at its address or were added before."""
        crowd.count({row.address for row in rows if row.address and row.holder is not None})
        for row in rows:
            if row.host in self.hosts:  # of the own store, and seen before others already
                continue
            self.hosts[row.host] = row
            level = crowd.level(row.address)
            foreign = row.foreign and level < ENOUGH
            (self.foreign if foreign else self.levels[level]).append(row.host)

    def enough(self, new: int, more: int) -> bool:
        """Tell whether there are `new` at addresses of their own, or `more` are to be parked."""
        return len(self.levels[0]) >= new or len(self.levels[ENOUGH]) >= new + more

    def first(self, new: int) -> dict[int, Row]:
        """Return `new` of them, those first whose address has fewest."""
        near, beyond = self.levels[:ENOUGH], self.levels[ENOUGH]
        first = islice(chain(*near, self.foreign, beyond), new)
        return {host: self.hosts[host] for host in first}
