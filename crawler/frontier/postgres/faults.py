"""Faults of a server as errors of the crawler, each with the remedy that fits it.

A statement fails with a SQLSTATE. A connection that is not made fails with words alone: psycopg and
libpq pass on no more. Those of PostgreSQL, PgBouncer and libpq are known in English; a server that
answers otherwise may be asked again, and its words are shown.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg import errors

from crawler.errors import CrawlerError, LocalFaultError, StateError

COLLISIONS = (errors.DeadlockDetected, errors.SerializationFailure)


class CollidedError(LocalFaultError):
    """A transaction was taken back, for another one and it were in each other's way."""


class _Fault(NamedTuple):
    """A fault, by its errors, and by words where a connection was not made."""

    remedy: str
    kinds: tuple[type[psycopg.Error], ...]
    words: str = r"(?!)"
    passes: bool = False
    """Whether it may pass by itself."""


_FAULTS = (
    _Fault(
        "set the right password in the URL, a ${file:…}, or PGPASSFILE",
        (errors.InvalidPassword,),
        "password authentication failed|no password supplied|SASL authentication failed",
    ),
    _Fault(
        "make this user there, with LOGIN, and let its pg_hba.conf admit it from here",
        (errors.InvalidAuthorizationSpecification,),
        r"pg_hba\.conf|authentication failed for user|role \S+ does not exist|no such user"
        "|not permitted to log in",
    ),
    _Fault(
        "make the database: CREATE DATABASE …",
        (errors.InvalidCatalogName,),
        r"database \S+ does not exist|no such database",
    ),
    _Fault(
        "grant this user CONNECT, CREATE and TEMPORARY on the database, and what is in its schema",
        (errors.InsufficientPrivilege,),
        "permission denied for database",
    ),
    _Fault(
        "it has no TLS: switch `ssl` on there, or name another sslmode in the URL",
        (),
        "server does not support SSL",
    ),
    _Fault(
        "see the certificates there, and sslmode, sslrootcert, sslcert and sslkey of the URL",
        (),
        r"certificate verify failed|certificate for \S+ does not match|root certificate"
        r"|certificate file|private key file|SSL error: \w+ alert",
    ),
    _Fault(
        "see the parameters of the URL",
        (),
        "unrecognized configuration parameter|unsupported startup parameter|definition of service"
        r"|invalid \S+ value|could not match|authentication method requirement",
    ),
    _Fault(
        "the pooler before it shares connections: have it leave one to each, pool_mode = session",
        (
            errors.InvalidSqlStatementName,
            errors.DuplicatePreparedStatement,
            errors.DuplicateTable,  # a temporary one, of another session
            errors.DuplicateFunction,
            errors.UndefinedFunction,
        ),
    ),
    _Fault(
        "the tables of the crawler are gone: restore them from a backup",
        (errors.UndefinedTable,),
    ),
    _Fault(
        "the schema of the crawler is gone: restore it from a backup",
        (errors.InvalidSchemaName,),
    ),
    _Fault("its disk is full: make room there", (errors.DiskFull,), passes=True),
    _Fault(
        "it has no connection left: raise max_connections, or run fewer",
        (errors.TooManyConnections,),
        "too many (clients|connections)|connection slots are reserved|no more connections allowed",
        passes=True,
    ),
    _Fault(
        "it is a standby, or read-only: name all servers in the URL, with "
        "target_session_attrs=read-write",
        (errors.ReadOnlySqlTransaction,),
        "session is read-only|server is in hot standby mode",
        passes=True,
    ),
    _Fault(
        "it was too slow: see what keeps it busy",
        (errors.QueryCanceled, errors.IdleInTransactionSessionTimeout),
        passes=True,
    ),
    _Fault(
        "another program holds the ledger: see pg_stat_activity",
        (errors.LockNotAvailable,),
        passes=True,
    ),
    _Fault(
        "transactions were in each other's way: the next try may do",
        COLLISIONS,
        passes=True,
    ),
    _Fault(
        "it starts, or stops",
        (errors.CannotConnectNow,),
        r"the database system is |not (currently )?accepting connections",
        passes=True,
    ),
    _Fault(
        "its name is not known: see how it is spelled, and the name servers of this machine",
        (),
        "failed to resolve host|could not translate host name",
        passes=True,
    ),
    _Fault(
        "it answers, and lets nobody in: see what it says",
        (),
        r"failed: \w+:  ",  # so libpq shows what a server says, in any language
        passes=True,
    ),
)
"""Every fault that is known; of several the first."""
_LOST = _Fault("it cannot be reached: see whether it runs, and the network to it", (), passes=True)
_FAILED = _Fault("the statement failed", ())
_ATTEMPT = re.compile(
    r"^- host: (.+), port: (.+), hostaddr: (?:None|'[^']*'): (?=connection )", re.MULTILINE
)
"""Begins what psycopg says of one of several attempts: each address of each host is one."""
_QUOTED = re.compile(r'"[^"]*"')


def error_of(place: object, error: psycopg.Error) -> CrawlerError:
    """Return the error of the crawler for a fault of the server at a place.

    It is a LocalFaultError where the fault may pass by itself, else a StateError. Of several
    servers each has to be at fault for good: the others are asked again.
    """
    servers = _attempts(str(error).strip())
    faults = [_worst([_fault(error, text) for text in texts]) for texts in servers]
    fault = next((one for one in faults if one.passes), faults[0])
    said = "; ".join(dict.fromkeys(_first_line(error, text) for one in servers for text in one))
    kind = LocalFaultError if fault.passes else StateError
    kind = CollidedError if isinstance(error, COLLISIONS) else kind
    return kind(f"{place}: {fault.remedy} ({said})")


@contextmanager
def told(place: object) -> Iterator[None]:
    """Have faults of the server told as errors of the crawler."""
    try:
        yield
    except psycopg.Error as error:
        raise error_of(place, error) from error


def _attempts(text: str) -> list[list[str]]:
    """Return what was said of the addresses of each server."""
    _, *found = _ATTEMPT.split(text)
    servers = defaultdict[tuple[str, str], list[str]](list)
    for host, port, said in zip(found[::3], found[1::3], found[2::3], strict=True):
        servers[host, port].append(said.strip())
    return list(servers.values()) or [[text]]


def _worst(faults: list[_Fault]) -> _Fault:
    """Return what is at fault for good at one of a server's addresses, if anything is."""
    return next((one for one in faults if not one.passes), faults[-1])


def _fault(error: psycopg.Error, text: str) -> _Fault:
    named = next((one for one in _FAULTS if isinstance(error, one.kinds)), None)
    if named or not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return named or _FAILED
    if error.sqlstate:
        return _LOST
    plain = _QUOTED.sub('""', text)
    return next((one for one in _FAULTS if re.search(one.words, plain)), _LOST)


def _first_line(error: psycopg.Error, text: str) -> str:
    return text.partition("\n")[0] or type(error).__name__
