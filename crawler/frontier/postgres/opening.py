"""A connection to a server's ledger: opened, its schema made or checked."""

import math
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict

from crawler.frontier.postgres import staging
from crawler.frontier.postgres.connection import Connection
from crawler.frontier.postgres.faults import error_of, told
from crawler.frontier.postgres.gate import LOCK_WAIT_S
from crawler.frontier.postgres.leases import UNDO
from crawler.frontier.postgres.procedures import function_of
from crawler.frontier.postgres.resolving import resolved
from crawler.frontier.postgres.schema import TEMPORARY, tables
from crawler.frontier.postgres.versions import check_usable, version_of
from crawler.frontier.postgres.waiting import ANY, WaitingConnection
from crawler.frontier.sql.engine import PROCEDURES
from crawler.frontier.sql.held import Patience
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
    # not even that ends what waits within a pipeline, for a machine that is gone
    "tcp_keepalives_idle": "5s",
    "tcp_keepalives_interval": "2s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10s",
    "default_transaction_isolation": "read committed",
    "timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
}
"""Settings of a session: what a machine began that is frozen or gone holds nobody up for long."""
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
    db = session(server, patience)
    try:
        with told(server):
            check_usable(db, server, _version_there(db, server, make=make))
    except BaseException:
        db.server.close()
        raise
    return db


def session(server: StateServer, patience: Patience = ANY) -> Connection:
    """Open a connection that finds the schema of a ledger, whatever is in it.

    Raises:
        StateError: the server cannot be used as it is.
        LocalFaultError: not just now.
    """
    try:
        raw = _opened(server, patience)
        try:
            _set_up(server, raw)
        except BaseException:
            raw.close()
            raise
    except psycopg.Error as error:
        raise error_of(server, error) from None
    return Connection(raw)


def has_tables(server: StateServer) -> bool:
    """Tell whether a server has the tables of a ledger.

    Raises:
        StateError, LocalFaultError: it cannot be asked.
    """
    db = session(server)
    with closing(db.server), told(server):
        return version_of(db) is not None


def _opened(server: StateServer, patience: Patience) -> WaitingConnection:
    parameters = CONNECTING | conninfo_to_dict(server.url)
    left = patience.ends_at - time.monotonic()
    if left < CONNECT_S:  # a stop is near
        parameters["connect_timeout"] = f"{max(1, math.ceil(left))}"
    raw = WaitingConnection.connect(**resolved(parameters), autocommit=True)
    raw.patience = patience
    return raw


def _set_up(server: StateServer, raw: WaitingConnection) -> None:
    raw.adapters.register_loader("numeric", _Number)
    settings = SESSION | {"search_path": f'"{schema_of(server)}"'}
    names = ", ".join(f"set_config('{name}', %s, false)" for name in settings)
    raw.execute(f"SELECT {names}", list(settings.values()))


def _version_there(db: Connection, server: StateServer, *, make: bool) -> int | None:
    """Return the same, of tables that are made if there are none and `make` says so."""
    version = version_of(db)
    if version is not None or not make:
        return version
    with making(db, server) as is_new:
        for statement in tables() if is_new else ():
            db.server.execute(statement)
    return version_of(db)


@contextmanager
def making(db: Connection, server: StateServer) -> Iterator[bool]:
    """Make a block the only one that makes tables in this database; tell whether there are none.

    It is one transaction, and its schema is there.
    """
    with alone(db):
        is_new = version_of(db) is None
        schema = schema_of(server)
        found = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
        if is_new and not db.server.execute(found, [schema]).fetchone():
            db.server.execute(f'CREATE SCHEMA "{schema}"')
        yield is_new


@contextmanager
def alone(db: Connection) -> Iterator[None]:
    """Make a block one transaction, and the only one that makes or changes tables of a ledger."""
    with db.server.transaction():
        db.server.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
        yield


_SAME = """
CREATE TRIGGER same BEFORE UPDATE ON pg_temp.seed FOR EACH ROW
EXECUTE FUNCTION suppress_redundant_updates_trigger()"""
"""A row of which nothing is found stays as it is: most URLs of a new list are new."""


def stage(db: Connection) -> None:
    """Make the temporary tables of verbs."""
    for name, columns in TEMPORARY.items():
        db.server.execute(f"CREATE TEMP TABLE {name} ({columns})")
    db.server.execute("CREATE INDEX wanted_size ON pg_temp.wanted (upto)")
    db.server.execute(_SAME)
    db.server.execute(staging.function())
    for procedure in (*PROCEDURES, UNDO):
        db.server.execute(function_of(procedure))
