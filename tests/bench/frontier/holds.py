"""The longest hold of the lock, verb by verb: a ledger goes through all that may come to one."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.frontier import staging
from tests.bench.frontier.ledger import JOB, Ledger
from tests.bench.frontier.staging import stage
from tests.bench.frontier.watch import Held, Watch

BUDGET_S = 3.0
"""Seconds of CPU after which a walk in slices is left: another slice shows nothing new."""
_Step = Callable[[Ledger, int], Iterator[Any]]


def measured(state: Path, *, whole: bool) -> dict[str, dict[str, float]]:
    """Take a ledger through its life, and return milliseconds of the longest hold by verb."""
    with Watch() as watch:
        for statements, step in _LIFE:
            if statements:
                stage(state, *statements)
            with Ledger(state, watch) as ledger:
                owner = ledger.join()
                for _ in _within(step(ledger, owner), None if whole else BUDGET_S):
                    pass
                ledger.leave(owner)
    return {verb: _told(held) for verb, held in watch.held.items()}


def _told(held: Held) -> dict[str, float]:
    return {
        "times": held.times,
        "wall_ms": held.longest_wall_s * 1e3,
        "cpu_ms": held.longest_cpu_s * 1e3,
    }


def _within(slices: Iterator[Any], budget_s: float | None) -> Iterator[Any]:
    """Yield what there is, until it has taken so much CPU."""
    before = time.process_time()
    for one in slices:
        yield one
        if budget_s is not None and time.process_time() - before > budget_s:
            return


def _visits(ledger: Ledger, owner: int) -> Iterator[int]:
    taken: Any = ()
    for _ in range(20):
        ledger.beat(owner)
        following = ledger.lease(owner)
        ledger.settle(owner, taken, following)
        taken = following
        yield len(taken)
    ledger.settle(owner, taken)


def _went(ledger: Ledger, owner: int) -> Iterator[int]:
    ledger.configure("other")
    return ledger.wake("wake: a job went", owner)


def _came(ledger: Ledger, owner: int) -> Iterator[int]:
    ledger.configure(JOB)
    return ledger.wake("wake: a job came", owner)


def _obeyed(ledger: Ledger, owner: int) -> Iterator[int]:
    ledger.configure(JOB, obeys={"*": True})
    return ledger.wake("wake: robots.txt is obeyed", owner)


def _asked(ledger: Ledger, owner: int) -> Iterator[int]:
    ledger.configure(JOB, obeys={})
    return ledger.wake("wake: ask again", owner)


def _renamed(ledger: Ledger, owner: int) -> Iterator[int]:
    ledger.configure("heir", renamed={"heir": JOB})
    ledger.configure("heir", JOB, renamed={"heir": JOB})
    return ledger.count_down(owner, JOB)


_LIFE: list[tuple[tuple[str, ...], _Step]] = [
    ((staging.NO_ADDRESS, staging.RESTING, staging.READY), _visits),
    ((staging.RESTING,), _went),
    ((), _came),
    ((), _obeyed),
    ((staging.ASKED,), _asked),
    ((staging.RESTING,), Ledger.rests),
    ((staging.AHEAD,), Ledger.bring_back),
    ((staging.ENDED, staging.VISITED, staging.SUMS), Ledger.refit),
    ((), Ledger.understand),
    ((), Ledger.drop),
    ((), _renamed),
    ((), Ledger.retire),
    ((), lambda ledger, _: ledger.forget()),
]
"""What is staged, and what happens then."""
