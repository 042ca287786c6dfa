"""The cause of a failed exchange, read from exceptions of the system and of TLS, in words."""

import ssl
from collections.abc import Iterator

from crawler.errors import LOCAL_FAULTS, PATH_FAULTS
from crawler.model import Kind, Trouble
from crawler.store import FileFaultError, FolderFaultError
from crawler.transport.tls import connection_ended, words_of
from crawler.urls import masked

EXCHANGE_ERRORS = (OSError, ValueError)
"""Errors that an exchange raises beside Trouble."""


def trouble_of(error: BaseException, *, in_body: bool) -> Trouble:
    """Translate what the system or TLS raised; the reason is that of the first cause, in words.

    A connection that breaks is `truncated` once the header had arrived, `protocol` before.
    """
    chain = list(_chain(error))
    for cause in chain:
        if local := _local(cause):
            return local
    root = chain[-1]
    if isinstance(root, TimeoutError):
        kind = Kind.TIMEOUT
    elif isinstance(root, ssl.SSLError) and not connection_ended(root):
        kind = Kind.TLS
    elif isinstance(root, ssl.SSLError) and not in_body:
        kind = Kind.CONNECT
    else:
        kind = Kind.TRUNCATED if in_body else Kind.PROTOCOL
    return Trouble(kind, masked(_words(root)))


def _local(cause: BaseException) -> Trouble | None:
    """Return the trouble that this machine has: with the files of the crawler, or as a whole."""
    if isinstance(cause, FileFaultError):
        return Trouble(Kind.LOCAL_IO, _words(cause), ours=isinstance(cause, FolderFaultError))
    if (number := _errno(cause)) in LOCAL_FAULTS | PATH_FAULTS:
        return Trouble(Kind.LOCAL_IO, masked(_words(cause)), ours=number in LOCAL_FAULTS)
    return None


def _errno(error: BaseException) -> int | None:
    """Return the system's error number; OpenSSL puts numbers of its own there."""
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        return error.errno
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that led to it, the first cause last."""
    here: BaseException | None = error
    while here is not None:
        yield here
        here = here.__cause__


def _words(error: BaseException) -> str:
    """Say what happened in a sentence."""
    if isinstance(error, ssl.SSLError):
        return words_of(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
