"""How a server's ledger of an older version becomes one of the next: statements for each step.

No release has made a ledger on a server that is older than version 6, so there is none yet. What a
released step does never changes. A step is one transaction: all of it, or nothing.
"""

from collections.abc import Mapping, Sequence

MIGRATIONS: Mapping[int, Sequence[str]] = {}
"""Statements, in PostgreSQL's words, by the version that they begin with."""
