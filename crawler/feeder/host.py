"""A host that this process owns, and when it needs tasks. Pure: `now` is the caller's."""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from crawler.feeder.lead import LOOKAHEAD_S, Lead
from crawler.model import Outcome, Seconds, Task
from crawler.policy.hours import Hours
from crawler.policy.politeness import HostPace

LONG_REST_S: Seconds = 2.0
"""A host that rests for longer goes back, with its tasks: memory is for hosts that can go on."""
MAX_TASKS_AHEAD = 512
"""Most tasks in memory of a host without a delay, beside what its slots need."""
QUICK_REFILL_S: Seconds = 0.25
"""A host that used up its tasks within this time gets twice as many: a lease is dear."""
SLOW_REFILL_S: Seconds = 2.0
"""A host that took longer than this gets half as many."""
ASK_AGAIN_S: Seconds = 1.0
"""A host that has free slots is asked for again after this time when its tasks ran out."""
_IS_ROBOTS = attrgetter("robots")
MAX_ENDED_AT_ONCE = 64
"""Tasks of a host that is given up, leased at once to end unvisited."""


@dataclass(slots=True, eq=False)
class Logged:
    """What the log said last of a host."""

    state: str = ""
    """The worst state since it was well: limited, resting, banned, given up, or none."""
    at: Seconds = 0.0
    rest: Seconds = 0.0
    """The longest rest since it was well, in seconds."""
    rests: int = 0
    """Visits since that brought it a rest and were not logged."""


@dataclass(slots=True, eq=False)
class Host:
    """A host this process owns."""

    id: int
    key: str
    pace: HostPace
    taken_at: Seconds
    tasks: deque[Task] = field(default_factory=deque)
    lead: Lead = field(default_factory=Lead)
    open: int = 0
    """Tasks leased and not settled."""
    exhausted: bool = False
    """The frontier had no more tasks for it; it goes back once nothing is open."""
    exhausted_since: Seconds = 0.0
    robots: bool = False
    """Its robots.txt is being visited; the URLs of jobs that obey it wait for that."""
    leaving: bool = False
    """Another process or host should have its turn: it goes back once nothing is open."""
    moves: bool = False
    """It is to leave for a machine that stores elsewhere."""
    had_turn: bool = False
    """A visit of it has begun since it came."""
    ahead: int = 0
    """Tasks to have in memory where no delay spaces them; it follows the host's pace."""
    filled_at: Seconds = 0.0
    """When tasks were last asked for."""
    given: int = 0
    """Tasks that came when it was last asked for."""
    queued_refill_at: Seconds | None = None
    """When the RefillQueue looks for tasks of it; None: it is not queued there."""
    queued: bool = False
    """It stands in the heap of ready hosts, or in the queue of its address."""
    address: str | None = None
    found: str | None = None
    """Another address where it was found; it moves there once the ledger knows."""
    reserved: bool = False
    """A request that no task stands for is to be made, or under way; no visit begins meanwhile."""
    returning: bool = False
    """Its tasks are on their way back to the frontier."""
    hours: Hours | None = None
    logged: Logged = field(default_factory=Logged)
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
        if self.found or self.returning or self.reserved:
            return None
        return self.pace.ready_at()

    def take(self, tasks: Sequence[Task]) -> None:
        """Have more tasks in memory."""
        self.tasks.extend(tasks)
        self.open += len(tasks)
        self.given = len(tasks)
        self.robots = self.robots or any(map(_IS_ROBOTS, tasks))

    def gave_back(self, numbers: Collection[int]) -> None:
        """Have these tasks no longer in memory."""
        back = [task for task in self.tasks if task.id in numbers]
        self.tasks = deque(task for task in self.tasks if task.id not in numbers)
        self.open -= len(back)
        self.robots = self.robots and not any(task.robots for task in back)

    def missing_tasks(self, now: Seconds) -> int:
        """Return how many tasks to lease for it: none while they would only wait in memory."""
        if self._takes_none:
            return 0
        if self.pace.ends_unvisited(now):
            return MAX_ENDED_AT_ONCE
        if self.rests_long(now):
            return 0
        if not self.spaced:
            return max(0, self._wanted(now) - len(self.tasks))
        return int(not self.tasks and self._is_ready_by(now + self.lead.seconds))

    def refill_at(self, now: Seconds) -> Seconds | None:
        """Return when to look for tasks of it; None as long as nothing changes.

        1. An exhausted host is asked for again after ASK_AGAIN_S, if a slot of it is free then.
        2. A host that was found elsewhere waits for its move; a host with enough tasks needs none,
           and that is the usual case.
        3. A host that is given up gets tasks at once, to end them.
        4. A host that rests long gets none: it goes back when what is open is settled.
        5. Any other gets tasks now, or shortly before its next visit where visits are spaced.
        """
        if self.exhausted and not self.found:
            return self.exhausted_since + ASK_AGAIN_S if self._asks_again() else None
        pace = self.pace
        few = max(2 * pace.slots, self.ahead) // 4  # a quarter of the tasks to have
        if pace.one_by_one:
            few = self._few(few)
        low = len(self.tasks) <= few
        if self.found or (pace.is_calm and not low):
            return None
        return self._refill_after(now, low=low)

    def _few(self, quarter: int) -> int:
        """Return how few tasks are too few: what the lead uses up; where they are spaced, none."""
        return 0 if self.spaced else max(quarter, int(self.lead.seconds / self.pace.delay))

    def _refill_after(self, now: Seconds, *, low: bool) -> Seconds | None:
        """Return when to look for tasks of a host that lacks some or is to end some: 3, 4, 5."""
        pace = self.pace
        if pace.ends_unvisited(now):
            return now
        if not low or self.rests_long(now):
            return None
        if not self.spaced:
            return now
        ready_at = pace.ready_at()
        return None if ready_at is None else ready_at - self.lead.seconds + LOOKAHEAD_S / 2

    def _is_ready_by(self, at: Seconds) -> bool:
        ready_at = self.pace.ready_at()
        return ready_at is not None and ready_at <= at

    @property
    def _takes_none(self) -> bool:
        """Whether no task is leased for it, whatever it lacks."""
        return bool(self.found or self.leaving or (self.exhausted and not self._asks_again()))

    def _soon(self) -> int:
        """Return how many visits its delay allows within the lead."""
        return int(self.lead.seconds / self.pace.delay) if self.pace.delay else 0

    def _asks_again(self) -> bool:
        """Tell whether a task that comes now could begin at once, beside a visit that is slow."""
        free = self.pace.busy < self.pace.slots and not self.tasks
        return free and self.open > 0 and not self.leaving

    def _wanted(self, now: Seconds) -> int:
        """Return how many tasks to have: more of them for a host that used up the last at once."""
        least = 2 * (self.pace.slots + self._soon())
        if self.pace.delay:
            self.ahead = least
        elif now > self.filled_at + SLOW_REFILL_S:
            self.ahead = max(least, self.ahead // 2)
        elif self.given and now < self.filled_at + QUICK_REFILL_S:
            self.ahead = min(2 * max(least, self.ahead), max(least, MAX_TASKS_AHEAD))
        self.filled_at = now
        return max(least, self.ahead)

    def rests_long(self, now: Seconds) -> bool:
        """Tell whether it would only take up memory: its next visit is LONG_REST_S away."""
        ready_at = self.ready_at()
        late = not self.pace.busy and ready_at is not None and ready_at > now + LONG_REST_S
        return late and not self.pace.ends_unvisited(now)

    @property
    def turn_is_over(self) -> bool:
        """Whether its tasks in memory are for its next turn: they may wait for others for long."""
        return self.leaving and self.had_turn and bool(self.tasks) and not self.returning

    def close(self, now: Seconds, offset: Seconds) -> None:
        """Close it until its hours begin; `offset` leads from `now` to wall time."""
        wall_time = now + offset
        opens_at = self.hours.opens_at(wall_time) if self.hours else 0.0
        self.pace.hours_at = opens_at - offset if opens_at > wall_time else 0.0
