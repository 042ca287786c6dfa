"""A ledger of an older crawler at the start: older processes are waited for, then it migrates."""

import time
from collections.abc import Callable

import gevent

from crawler.frontier import Migration, open_migration
from crawler.log import Log
from crawler.model import Seconds
from crawler.state_address import StateAddress

LOOK_S: Seconds = 0.5
"""Time between two looks for older processes."""


def upgraded(state: StateAddress, log: Log, stopped: Callable[[Seconds], bool]) -> bool:
    """Bring a ledger to the schema of today; return False if a stop came first.

    `stopped` waits so many seconds for a stop, and tells whether there was one. What is done by
    then stays done; the next start goes on.

    Raises:
        StateError, LocalFaultError: the ledger cannot be read or changed.
    """
    with open_migration(state) as migration:
        version = migration.needed()
        if version is None:
            return True
        began = time.monotonic()
        while migration.needed() is not None:
            if not (_alone(migration, version, log, stopped) and _copied(migration, log, stopped)):
                return False
            while migration.step():
                if stopped(0.0):
                    return False
        elapsed = round(time.monotonic() - began, 3)
        log.info("ledger.migrated", schema=migration.version, elapsed_s=elapsed)
    return True


def _alone(
    migration: Migration, version: int, log: Log, stopped: Callable[[Seconds], bool]
) -> bool:
    """Wait until no older process works on the ledger; return False if a stop came first."""
    told: list[int] = []
    while living := migration.living():
        pids = [one.pid for one in living]
        if pids != told:
            log.warning("ledger.waiting", schema=version, wanted=migration.version, pids=pids)
            told = pids
        if stopped(LOOK_S):
            return False
    return True


def _copied(migration: Migration, log: Log, stopped: Callable[[Seconds], bool]) -> bool:
    """Copy the ledger as it is; return False if a stop came first."""
    copying = gevent.spawn(migration.copy)
    while not copying.ready():
        if stopped(0.05):
            migration.cancelled = True
            copying.join()
            return False
    if copy := copying.get():
        log.info("ledger.migrating", wanted=migration.version, copy=str(copy))
    return True
