"""A host that this process owns, and when it needs tasks."""

import heapq
import time
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import count

from crawler.model import Outcome, Seconds, Task
from crawler.policy.hours import Hours
from crawler.policy.politeness import HostPace

LOOKAHEAD_S: Seconds = 0.25
"""Tasks are leased this long before their host is ready, so that many share one transaction."""
LONG_REST_S: Seconds = 2.0
"""A host that rests for longer goes back, with its tasks: another may use its place."""
MAX_TASKS_AHEAD = 256
"""Most tasks in memory of a host without a delay, beside what its slots need."""
QUICK_REFILL_S: Seconds = 2.0
"""A host that used up its tasks within this time gets twice as many, a slower one half."""
ASK_AGAIN_S: Seconds = 1.0
"""A host that has free slots is asked for again after this time when its tasks ran out."""
MAX_ENDED_AT_ONCE = 64
"""Tasks of a host that is given up, leased at once to end unvisited."""


@dataclass(slots=True, eq=False)
class Host:
    """A host this process owns."""

    id: int
    key: str
    pace: HostPace
    taken_at: Seconds
    tasks: deque[Task] = field(default_factory=deque)
    open: int = 0
    """Tasks leased and not settled."""
    exhausted: bool = False
    """The frontier had nothing more for it; it goes back once nothing is open."""
    exhausted_since: Seconds = 0.0
    robots: bool = False
    """Its robots.txt is being visited; the URLs of jobs that obey it wait for that."""
    leaving: bool = False
    """Others should have it: it goes back once nothing is open, whatever comes."""
    ahead: int = 0
    """Tasks to have in memory where no delay spaces them; it follows the host's pace."""
    filled_at: Seconds = 0.0
    given: int = 0
    """Tasks that came when it was last asked for."""
    queued_refill_at: Seconds | None = None
    """When to look for tasks of it, if at all."""
    queued: bool = False
    """It stands in the heap of ready hosts, or in the line of its address."""
    address: str | None = None
    found: str | None = None
    """Another address, where it was found; it is visited there once that is the process's own."""
    returning: bool = False
    """Its tasks are on their way back to the frontier."""
    hours: Hours | None = None
    logged_state: str = ""
    """The worst that the log was told of it."""
    logged_at: Seconds = 0.0
    last: Outcome | None = None
    """How its last visit failed."""

    @property
    def spaced(self) -> bool:
        """Tell whether its tasks are leased one by one: its visits are far apart, or numbered.

        After a crash all that was leased counts as visited.
        """
        return self.pace.delay >= LOOKAHEAD_S or self.pace.limits.max_per_day is not None

    def ready_at(self) -> Seconds | None:
        """Return when its next visit may begin, or None while that depends on something else."""
        return None if self.found or self.returning else self.pace.ready_at()

    def take(self, tasks: Sequence[Task]) -> None:
        """Have more tasks in memory."""
        self.tasks.extend(tasks)
        self.open += len(tasks)
        self.given = len(tasks)
        self.robots = self.robots or any(task.robots for task in tasks)

    def gave_back(self, numbers: Collection[int]) -> None:
        """Have these tasks no longer in memory."""
        back = [task for task in self.tasks if task.id in numbers]
        self.tasks = deque(task for task in self.tasks if task.id not in numbers)
        self.open -= len(back)
        self.robots = self.robots and not any(task.robots for task in back)

    def missing_tasks(self, now: Seconds) -> int:
        """Return how many tasks to lease for it: none while they would only wait in memory."""
        if self.found or self.leaving or (self.exhausted and not self._asks_again()):
            return 0
        if self.pace.ends_unvisited(now):
            return MAX_ENDED_AT_ONCE
        if self.rests_long(now):
            return 0
        if not self.spaced:
            return max(0, self._wanted(now) - len(self.tasks))
        ready_at = self.pace.ready_at()
        soon = ready_at is not None and ready_at <= now + LOOKAHEAD_S
        return 1 if soon and not self.tasks else 0

    def refill_at(self, now: Seconds) -> Seconds | None:
        """Return when to look for tasks of it; None as long as nothing changes."""
        pace = self.pace
        if self.exhausted and not self.found:
            return self.exhausted_since + ASK_AGAIN_S if self._asks_again() else None
        spaced = self.spaced
        few = len(self.tasks) <= max(max(2 * pace.slots, self.ahead) // 4, self._soon())
        enough = self.tasks if spaced else not (few or pace.silent)
        if self.found or enough:  # the usual case, and nothing changes
            return None
        if pace.ends_unvisited(now):
            return now
        if self.rests_long(now):
            return None  # it goes back when what is open is settled
        if not spaced:
            return now if few else None
        ready_at = pace.ready_at()
        return None if ready_at is None or self.tasks else ready_at - LOOKAHEAD_S / 2

    def _soon(self) -> int:
        """Return how many visits its delay allows within LOOKAHEAD_S."""
        return int(LOOKAHEAD_S / self.pace.delay) if self.pace.delay else 0

    def _asks_again(self) -> bool:
        """Tell whether what comes meanwhile can begin at once, beside a visit that is slow."""
        free = self.pace.busy < self.pace.slots and not self.tasks
        return free and self.open > 0 and not self.leaving

    def _wanted(self, now: Seconds) -> int:
        """Return how many tasks to have: more of them for a host that used up the last at once."""
        least = 2 * (self.pace.slots + self._soon())
        if self.pace.delay:
            self.ahead = least
        elif now > self.filled_at + QUICK_REFILL_S:
            self.ahead = max(least, self.ahead // 2)
        elif self.given and not self.tasks:
            self.ahead = min(2 * max(least, self.ahead), max(least, MAX_TASKS_AHEAD))
        self.filled_at = now
        return max(least, self.ahead)

    def rests_long(self, now: Seconds) -> bool:
        """Tell whether it would only take up room."""
        ready_at = self.ready_at()
        late = not self.pace.busy and ready_at is not None and ready_at > now + LONG_REST_S
        return late and not self.pace.ends_unvisited(now)

    def close(self, now: Seconds, offset: Seconds) -> None:
        """Close it while its hours are not."""
        if self.hours is None:
            return
        wall_time = now + offset
        opens_at = self.hours.opens_at(wall_time)
        if opens_at > wall_time:
            self.pace.opens_at = max(self.pace.opens_at, opens_at - offset)


class RefillQueue:
    """Hosts in the order in which to look for tasks of them; each stands in it once that counts."""

    def __init__(self) -> None:
        self._heap: list[tuple[Seconds, int, Host]] = []
        self._count = count()

    @property
    def next_at(self) -> Seconds | None:
        """Return when to look next."""
        return self._heap[0][0] if self._heap else None

    def note(self, host: Host, now: Seconds) -> Seconds | None:
        """Note a host whose state has changed; return its time if it has moved forward."""
        if host.queued_refill_at is not None and host.queued_refill_at <= now:
            return None  # it is about to be looked at
        at = host.refill_at(now)
        if at is None or (host.queued_refill_at is not None and host.queued_refill_at <= at):
            return None  # an entry that is too early is put right when its time comes
        host.queued_refill_at = at
        heapq.heappush(self._heap, (at, next(self._count), host))
        return at

    def due(self, now: Seconds) -> list[Host]:
        """Take out the hosts whose time has come, or nearly."""
        due: list[Host] = []
        while self._heap and self._heap[0][0] <= now + LOOKAHEAD_S / 2:
            at, _, host = heapq.heappop(self._heap)
            if host.queued_refill_at != at:
                continue
            host.queued_refill_at = None
            refill_at = host.refill_at(now)  # perhaps it was given tasks since
            if refill_at is not None and refill_at <= now + LOOKAHEAD_S / 2:
                due.append(host)
            else:
                self.note(host, now)
        return due


def wall() -> Seconds:
    """Return what leads from the monotonic clock to wall time."""
    return time.time() - time.monotonic()
