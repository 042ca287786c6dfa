"""Leases: those that find nothing, those of hosts at one address, those in vain."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.frontier.ledger import Ledger
from tests.bench.frontier.staging import AT_ONE_ADDRESS, CLOSED, NO_ADDRESS, RESTING, stage

MANY = 100_000
"""Hosts at one address, and hosts that are closed, where there are so many."""
ROUNDS = 40
PARKED_AT_ONCE = 1000
"""Hosts at the least that a lease puts out of the way, as they are at another process's address."""


def cpu_ms(act: Callable[[], Any]) -> tuple[float, Any]:
    """Return the milliseconds of CPU of all threads, and what came of it."""
    before = time.process_time()
    found = act()
    return (time.process_time() - before) * 1e3, found


def measured(state: Path, processes: int) -> dict[str, float]:
    """Return what leases cost with so many processes."""
    return {
        **resting(state, processes),
        **elsewhere(state, processes),
        **at_one_address(state, processes),
    }


def resting(state: Path, processes: int) -> dict[str, float]:
    """Lease where all hosts rest."""
    stage(state, NO_ADDRESS, RESTING)
    with Ledger(state) as ledger:
        owners = [ledger.join(number) for number in range(1, processes + 1)]
        costs = [_nothing(ledger, owners[at % processes]) for at in range(ROUNDS)]
        for owner in owners:
            ledger.leave(owner)
    return {"resting_ms": median(costs)}


def elsewhere(state: Path, processes: int) -> dict[str, float]:
    """Lease where all hosts are at one address that is another process's.

    The first leases put the hosts out of the way, some at a time: so they cost more.
    """
    hosts = stage(state, NO_ADDRESS, RESTING, AT_ONE_ADDRESS)
    with Ledger(state) as ledger:
        owners = [ledger.join(number) for number in range(processes + 1)]
        holder = owners.pop()
        assert ledger.lease(holder, new=1)
        rounds = hosts // PARKED_AT_ONCE + ROUNDS
        costs = [_nothing(ledger, owners[at % processes]) for at in range(rounds)]
        for owner in [*owners, holder]:
            ledger.leave(owner)
    first = costs[:-ROUNDS]
    return {
        "elsewhere_ms": median(costs[-ROUNDS:]),
        "parking_most_ms": max(costs),
        "parking_us": sum(first) / hosts * 1e3,
    }


def _nothing(ledger: Ledger, owner: int) -> float:
    cost, hosts = cpu_ms(lambda: ledger.lease(owner))
    assert not hosts
    return cost


def at_one_address(state: Path, processes: int) -> dict[str, float]:
    """Take 64 hosts of many at an address, or as many of few as come back of those parked there."""
    hosts = stage(state, NO_ADDRESS, RESTING, AT_ONE_ADDRESS, most=MANY)
    with Ledger(state) as ledger:
        owners = [ledger.join(number) for number in range(1, processes + 1)]
        costs = []
        for _ in range(5):
            cost, taken = cpu_ms(lambda: ledger.lease(owners[0]))
            assert 0 < len(taken) <= 64, len(taken)
            assert len(taken) == 64 or hosts < MANY, len(taken)
            ledger.lease(owners[0], new=0, idle=taken)
            costs.append(cost)
        for owner in owners:
            ledger.leave(owner)
    return {"taken_ms": median(costs), "taken_of": min(hosts, MANY)}


def reloaded(state: Path) -> dict[str, float]:
    """Count hosts that are leased though they are closed, after a reload that changes nothing."""
    hosts = stage(state, NO_ADDRESS, RESTING, CLOSED, most=MANY)
    with Ledger(state) as ledger:
        owner = ledger.join()
        cost, _ = cpu_ms(lambda: ledger.reload(owner))
        leased = 0
        while taken := ledger.lease(owner, new=1000):
            leased += len(taken)
        ledger.leave(owner)
    return {"in_vain": leased, "closed": min(hosts, MANY), "host_us": cost / hosts * 1e3}
