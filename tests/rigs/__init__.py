"""Rigs for faults: a network that breaks off, servers that fail over, machines of their own."""

from tests import real
from tests.postgres import unprivileged


def ending(signal: str) -> list[str]:
    """Return the command before one that is no root's and gets a signal when the tests end."""
    return [*(unprivileged() or [real.needs("setpriv")]), "--pdeathsig", signal]
