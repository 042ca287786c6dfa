"""Procedures: statements that run as one, without the interpreter in between."""

from typing import NamedTuple

from crawler.errors import LeaseLostError
from crawler.frontier.values import LEASE_S

OWN = "ifnull(host.owner, 0) = :owner"
"""Condition on a host that is looked for by its number: it is the owner's.

No index has it, so none is read for it: how many hosts an owner has changes all the time, and a
plan is made once.
"""
LOOKED_UP = "+task.state"
"""The state of a task that is looked for by its number, likewise."""
OWNED = f"EXISTS (/* each */ SELECT 1 FROM host WHERE host.id = task.host AND {OWN})"
"""Condition on a task: its host is the owner's."""


class Each(NamedTuple):
    """A statement of a procedure: it runs another one for each row, which has its parameters."""

    procedure: "Procedure"
    rows: str


class Apart(NamedTuple):
    """A place of a procedure where writers beside it are kept apart, by a statement of the engine.

    An engine with one writer at a time has none.
    """

    name: str


class Procedure:
    """Statements with `:name` for each parameter; they name temporary tables without `temp.`."""

    def __init__(
        self, name: str, parameters: str, *statements: str | Each | Apart, fenced: bool = False
    ) -> None:
        self.name = name
        self.parameters = parameters.split()
        self.statements = statements
        self.fenced = fenced
        """Whether the parameter `owner` must not be taken for dead."""


def lost_error() -> LeaseLostError:
    """Return the error of a process that was taken for dead."""
    return LeaseLostError(
        "another process took this one for dead and reclaimed its leases; was it stopped, "
        f"or was the machine stalled, for more than {LEASE_S:.0f} s?"
    )
