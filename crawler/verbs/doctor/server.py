"""What the server that has the ledger is like: reachable it is, if this was asked."""

import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from crawler.frontier import ServerAccount
from crawler.log import size
from crawler.model import Seconds
from crawler.policy.findings import Finding, bad, ok, warn
from crawler.state_address import StateAddress, StateServer

FAR_S: Seconds = 0.05
"""A round trip that makes every lease and every end of visits wait."""
FEW = 10
"""Connections that are left: a process takes two, and a verb one."""


def findings(server: ServerAccount) -> Iterator[Finding]:
    """Say how far away it is, what it lacks, and what it does not keep."""
    where = f"PostgreSQL {server.version}, {server.round_trip * 1000:.1f} ms away"
    if server.round_trip > FAR_S:
        yield warn("server", where, "run the crawler nearer to it: leases and ends wait for it")
    else:
        yield ok("server", f"{where}; the ledger has {size(server.bytes)}")
    yield _connections(server)
    if server.denied:
        first, more = server.denied[0], len(server.denied) - 1
        told = f"this user has no {first}{f', and {more} more' if more else ''}"
        yield bad("rights", told, "make its role the owner of the schema; see docs/postgresql.md")
    for name in server.off:
        told = f"{name} is off: a crash of the server loses what it said is done"
        yield warn("durability", told, f"set {name} to on, or restart all crawlers after a crash")
    if not server.encrypted:
        yield warn("tls", "who listens reads what is said", "sslmode=verify-full in the URL")


def written_secret(state: StateAddress, file: Path) -> Iterator[Finding]:
    """Say whether strangers may read the server's password in the configuration."""
    if isinstance(state, StateServer) and file.stat().st_mode & stat.S_IROTH:
        text = unquote(file.read_text(errors="replace"))
        if any(secret in text for secret in state.secrets):
            yield bad(
                "rights", f"{file}, with the password of the server, may be read by everybody",
                f"chmod o= {file}, or have it read from a file of its own by ${{file:PATH}}",
            )  # fmt: skip


def _connections(server: ServerAccount) -> Finding:
    told = f"{server.used:,} of {server.most:,} connections are taken"
    if server.most - server.used < FEW:
        return warn("connections", told, "raise max_connections: a process takes two, a verb one")
    return ok("connections", told)
