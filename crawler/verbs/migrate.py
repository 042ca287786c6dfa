"""`crawler migrate`: a ledger becomes one of today without a daemon, or is made on a server."""

from collections.abc import Iterator

from crawler.errors import UsageError
from crawler.frontier import Migration, has_ledger, open_frontier, open_migration
from crawler.state_address import StateAddress, StateServer
from crawler.verbs.ledger import Ledger
from crawler.verbs.words import print_lines


def migrate(ledger: Ledger) -> None:
    """Do what `crawler migrate` says; its options are in `crawler/verbs/commands/`."""
    print_lines(_done(ledger.state))


def _done(state: StateAddress) -> Iterator[str]:
    if isinstance(state, StateServer) and not has_ledger(state):
        with open_frontier(state, durable=True):
            yield f"{state}: an empty ledger is there now"
        return
    with open_migration(state) as migration:
        version = migration.needed()
        if version is None:
            yield f"{state}: nothing to do"
            return
        _require_alone(migration)
        if copy := migration.copy():
            yield f"{copy} is the ledger as it was"
        while migration.step():
            pass
        if migration.needed() is not None:
            _require_alone(migration)
        yield f"{state}: brought from schema {version} to {migration.version}"


def _require_alone(migration: Migration) -> None:
    """See that no older process works on a ledger.

    Raises:
        UsageError: some do.
    """
    if living := migration.living():
        pids = ", ".join(str(one.pid) for one in living)
        raise UsageError(
            f"processes of the older crawler work on the ledger: {pids}. TERM ends them"
        )
