"""Faults of a server as errors of the crawler, each with the remedy that fits it."""

import psycopg
from psycopg import errors

from crawler.errors import CrawlerError, LocalFaultError, StateError

_REMEDIES: dict[type[psycopg.Error], str] = {
    errors.InvalidPassword: "set the right password in the URL, a ${file:…}, or PGPASSFILE",
    errors.InvalidAuthorizationSpecification: "let its pg_hba.conf admit this user from here",
    errors.InvalidCatalogName: "make the database: CREATE DATABASE …",
    errors.InsufficientPrivilege: (
        "grant this user CREATE and TEMPORARY on the database, and what is in the schema"
    ),
    errors.UndefinedTable: "the tables of the crawler are gone: restore them from a backup",
    errors.InvalidSchemaName: "the schema of the crawler is gone: restore it from a backup",
}
"""What does not pass by itself, with what helps."""
_PASSING: dict[type[psycopg.Error], str] = {
    errors.DiskFull: "its disk is full: make room there",
    errors.TooManyConnections: "it has no connection left: raise max_connections, or run fewer",
    errors.ReadOnlySqlTransaction: (
        "it is a standby, or read-only: name all servers in the URL, with "
        "target_session_attrs=read-write"
    ),
    errors.QueryCanceled: "it was too slow: see what keeps it busy",
    errors.LockNotAvailable: "another program holds the ledger: see pg_stat_activity",
    errors.CannotConnectNow: "it starts, or stops",
}
"""What passes, with what to look at meanwhile."""
_LOST = "it cannot be reached: see whether it runs, and the network to it"


def error_of(place: object, error: psycopg.Error) -> CrawlerError:
    """Return the error of the crawler for a fault of the server at a place.

    It is a LocalFaultError where the fault may pass by itself, else a StateError.
    """
    said = _first_line(error)
    for kind, remedy in _REMEDIES.items():
        if isinstance(error, kind):
            return StateError(f"{place}: {remedy} ({said})")
    for kind, remedy in _PASSING.items():
        if isinstance(error, kind):
            return LocalFaultError(f"{place}: {remedy} ({said})")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return LocalFaultError(f"{place}: {_LOST} ({said})")
    return StateError(f"{place}: the statement failed ({said})")


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
