"""A connection to a server's ledger: opened, its schema made or checked."""

import math
import re
import time
from typing import Any

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict

from crawler.errors import OlderLedgerError, StateError
from crawler.frontier.postgres import staging
from crawler.frontier.postgres.connection import Connection
from crawler.frontier.postgres.faults import error_of
from crawler.frontier.postgres.gate import LOCK_WAIT_S
from crawler.frontier.postgres.leases import UNDO
from crawler.frontier.postgres.procedures import function_of
from crawler.frontier.postgres.resolving import resolved
from crawler.frontier.postgres.schema import TEMPORARY, tables
from crawler.frontier.postgres.waiting import ANY, WaitingConnection
from crawler.frontier.sql.engine import PROCEDURES
from crawler.frontier.sql.held import Patience
from crawler.frontier.sql.tables.ledger import VERSION
from crawler.model import Seconds
from crawler.state_address import StateServer

SCHEMA = "crawler"
"""The schema of a ledger, where `options=-csearch_path=…` of the URL names no other."""
CONNECT_S: Seconds = 5.0
"""How long a server may take to let this program in, if its URL does not say."""
CONNECTING = {
    "connect_timeout": f"{CONNECT_S:.0f}",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "crawlerd",
}
"""What a URL may say otherwise: seconds, but for the last time, which is milliseconds."""
SESSION = {
    "statement_timeout": "20s",
    "lock_timeout": f"{LOCK_WAIT_S:.0f}s",
    "idle_in_transaction_session_timeout": "10s",
    "default_transaction_isolation": "read committed",
    "timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""Settings of a session: nothing that a frozen machine began holds the ledger for long."""
_SEARCH_PATH = re.compile(r"-c\s*search_path\s*=\s*(\w+)")
_MAKING = 0x63726C64  # "crld": a singleton, which is no lock of a verb


class _Number(Loader):
    """Sums are numbers of Python: an integer where they are whole."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text else int(text)


def schema_of(server: StateServer) -> str:
    """Return the schema of a ledger."""
    found = _SEARCH_PATH.search(str(conninfo_to_dict(server.url).get("options") or ""))
    return found[1] if found else SCHEMA


def connect(server: StateServer, *, make: bool, patience: Patience = ANY) -> Connection:
    """Open a connection; a ledger that is not there is made, empty, if `make` says so.

    Raises:
        StateError: it cannot be used as it is; OlderLedgerError where an older crawler made it.
        LocalFaultError: not just now.
    """
    try:
        raw = _opened(server, patience)
        try:
            return _set_up(server, raw, make=make)
        except BaseException:
            raw.close()
            raise
    except psycopg.Error as error:
        raise error_of(server, error) from None


def has_tables(server: StateServer) -> bool:
    """Tell whether a server has the tables of a ledger.

    Raises:
        StateError, LocalFaultError: it cannot be asked.
    """
    try:
        with _opened(server, ANY) as raw:
            return _version(raw, schema_of(server)) is not None
    except psycopg.Error as error:
        raise error_of(server, error) from None


def _opened(server: StateServer, patience: Patience) -> WaitingConnection:
    parameters = CONNECTING | conninfo_to_dict(server.url)
    left = patience.ends_at - time.monotonic()
    if left < CONNECT_S:  # a stop is near
        parameters["connect_timeout"] = f"{max(1, math.ceil(left))}"
    raw = WaitingConnection.connect(**resolved(parameters), autocommit=True)
    raw.patience = patience
    return raw


def _set_up(server: StateServer, raw: WaitingConnection, *, make: bool) -> Connection:
    raw.adapters.register_loader("numeric", _Number)
    schema = schema_of(server)
    settings = SESSION | {"search_path": f'"{schema}"'}
    names = ", ".join(f"set_config('{name}', %s, false)" for name in settings)
    raw.execute(f"SELECT {names}", list(settings.values()))
    version = _version(raw, schema)
    if version is None and make:
        version = _make(raw, schema)
    _check(server, version)
    return Connection(raw)


def _version(raw: "psycopg.Connection[Any]", schema: str) -> int | None:
    """Return how new the tables are; None where there are none."""
    row = raw.execute("SELECT to_regclass(%s) IS NOT NULL", [f'"{schema}".gate']).fetchone()
    if not (row and row[0]):
        return None
    found = raw.execute("SELECT version FROM gate").fetchone()
    return int(found[0]) if found else 0


def _make(raw: "psycopg.Connection[Any]", schema: str) -> int | None:
    """Make an empty ledger, if nobody else does meanwhile."""
    with raw.transaction():
        raw.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
        if _version(raw, schema) is None:
            found = raw.execute(
                "SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]
            ).fetchone()
            if not found:
                raw.execute(f'CREATE SCHEMA "{schema}"')
            for statement in tables():
                raw.execute(statement)
    return _version(raw, schema)


def _check(server: StateServer, version: int | None) -> None:
    if version is None:
        raise StateError(
            f"{server} holds no ledger. A daemon makes it when it starts; if one has run, look for "
            "its `crawler.state` elsewhere"
        )
    if version > VERSION:
        raise StateError(
            f"{server} was written by a newer crawler (schema {version}, this one knows "
            f"{VERSION}); use the `crawler` of that version"
        )
    if version < VERSION:
        raise OlderLedgerError(
            f"{server} was written by an older crawler (schema {version}, this one needs "
            f"{VERSION}); use the `crawler` of that version, or name another schema in the URL"
        )


def stage(db: Connection) -> None:
    """Make the temporary tables of verbs."""
    for name, columns in TEMPORARY.items():
        db.server.execute(f"CREATE TEMP TABLE {name} ({columns})")
    db.server.execute("CREATE INDEX wanted_size ON pg_temp.wanted (upto)")
    db.server.execute(staging.function())
    for procedure in (*PROCEDURES, UNDO):
        db.server.execute(function_of(procedure))
