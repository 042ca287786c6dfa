"""Time on a machine that runs other programs as well: what work costs, and what it waited."""

from collections.abc import Callable
from pathlib import Path

TURNS = 6


def in_proportion(
    one: Callable[[], float], other: Callable[[], float], times: float, *, slack: float = 0.0
) -> tuple[bool, str]:
    """Tell whether one piece of work costs at most `times` the other's, and what was measured.

    Each runs the work and returns its seconds of CPU time. Whatever runs beside them adds to those
    and takes nothing away: they take turns, the least of each counts, and where that is too much
    there are further turns.
    """
    costs: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        costs[0].append(one())
        costs[1].append(other())
        if min(costs[0]) <= times * min(costs[1]) + slack:
            return True, ""
    return False, f"{costs[0]} s are more than {times} times {costs[1]} s"


def waited() -> float:
    """Return the seconds so far that this thread could have run and the machine ran others.

    Linux counts them (Documentation/scheduler/sched-stats.rst); where it does not, it is 0.
    """
    try:
        delay = Path("/proc/thread-self/schedstat").read_text().split()[1]
    except OSError:
        return 0.0
    return int(delay) / 1e9
