"""The TLS context that all connections with the same settings share, and TLS on a socket.

requests parses the bundle of authorities for every new connection, 18 ms of CPU with the hub
blocked (urllib3 issue 3623).
"""

import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import certifi
from urllib3.util.ssltransport import SSLTransport

from crawler.config import TlsOptions
from crawler.policy.key_pins import pin_of

_LEGACY_SERVER_CONNECT = getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
"""Python 3.11 has no name for it."""


def tls_context(
    verify: bool | Path,  # noqa: FBT001  as requests calls it
    client_cert: Path | None = None,
    min_tls: str = "TLSv1.2",
    options: TlsOptions | None = None,
) -> ssl.SSLContext:
    """Return a client context: the usual authorities, those of a file, or no check at all.

    Raises:
        OSError: a file holds no certificate.
    """
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)  # checks certificates and names by itself
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(certifi.where() if verify is True else str(verify))
    context.minimum_version = ssl.TLSVersion[min_tls.replace(".", "_")]
    context.set_alpn_protocols(["http/1.1"])
    if client_cert:
        context.load_cert_chain(client_cert)
    if options:
        _vary(context, options)
    return context


def proxy_context(verify: bool | Path, min_tls: str) -> ssl.SSLContext:  # noqa: FBT001
    """Return the context for a proxy that speaks TLS: it may have a public certificate as well.

    The client certificate is shown to origins, and not to it.

    Raises:
        OSError: a file holds no certificate.
    """
    context = tls_context(verify is not False, None, min_tls)
    if isinstance(verify, Path):
        context.load_verify_locations(str(verify))
    return context


def _vary(context: "_Context", options: TlsOptions) -> None:
    """Have a context speak as a job says.

    Raises:
        OSError: the file of intermediates holds no certificate.
    """
    if options.ciphers:
        context.set_ciphers(options.ciphers)
    if options.legacy_renegotiation:
        context.options |= _LEGACY_SERVER_CONNECT
    if options.intermediates:
        # they help to build a chain, and are no authorities themselves
        context.load_verify_locations(str(options.intermediates))
        context.verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN
    context.pins = options.pin


def secured(sock: Any, context: ssl.SSLContext, name: str) -> Any:
    """Return a socket that speaks TLS with a server of this name, within another's if need be.

    Raises:
        OSError: the handshake failed; the socket is the caller's to close.
    """
    if isinstance(sock, ssl.SSLSocket):
        wrapped: Any = _NestedTLS(sock, context, name, suppress_ragged_eofs=False)
    else:
        wrapped = context.wrap_socket(sock, server_hostname=name)
    try:
        if context.check_hostname and _is_ours_to_check(name):
            _check_name(wrapped.getpeercert(), name)
        if pins := getattr(context, "pins", None):
            _check_key(wrapped, pins.get(name.lower()))
    except ssl.SSLError:
        wrapped.close()
        raise
    return wrapped


def connection_ended(error: ssl.SSLError) -> bool:
    """Tell an end of the connection from what TLS itself objects to."""
    return isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)


def words_of(error: ssl.SSLError) -> str:
    """Say what went wrong, without the names that OpenSSL has for it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    if connection_ended(error):
        return "the connection ended in the middle of TLS"
    return f"TLS failed: {(error.reason or str(error)).replace('_', ' ').lower()}"


def _is_ours_to_check(name: str | None) -> bool:
    """Tell a name that OpenSSL covers by no wildcard, though browsers and curl do."""
    return name is not None and "_" in name


def _check_name(certificate: Mapping[str, Any], name: str) -> None:
    """Compare a name with a certificate that is trusted (RFC 9525, section 6.3).

    Raises:
        SSLCertVerificationError: it is for other names.
    """
    above = name.lower().partition(".")[2]
    covering = {name.lower(), f"*.{above}" if "." in above else ""}
    names = certificate.get("subjectAltName", ())
    if covering.isdisjoint(value.lower() for kind, value in names if kind == "DNS"):
        raise _refused(f"Hostname mismatch, certificate is not valid for '{name}'.")


def _check_key(sock: Any, pins: Collection[str] | None) -> None:
    """Compare the key of a server with those that its job names, if it names any.

    Raises:
        SSLCertVerificationError: it is another one.
    """
    if pins is None:
        return
    try:
        found = pin_of(sock.getpeercert(binary_form=True) or b"")
    except ValueError as error:
        raise _refused(f"its key cannot be read: {error}") from None
    if found not in pins:
        raise _refused(f"its key is {found}, and none that `tls.pin` names")


def _refused(why: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, why)
    error.verify_message = why
    return error


class _Context(ssl.SSLContext):
    """A context whose handshake leaves no socket behind when a greenlet is killed over it.

    A connection that is cut without the end of TLS is an error; Python takes it for an end.
    """

    pins: Mapping[str, Collection[str]] = MappingProxyType({})
    """Pins of keys, by names of hosts."""

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Wrap, then shake hands; Python closes the socket only after an error of its own."""
        options = {**kwargs, "do_handshake_on_connect": False, "suppress_ragged_eofs": False}
        with self._names_unchecked(kwargs.get("server_hostname")):
            wrapped = super().wrap_socket(*args, **options)
        try:
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        with self._names_unchecked(kwargs.get("server_hostname")):
            return super().wrap_bio(*args, **kwargs)

    @contextmanager
    def _names_unchecked(self, name: str | None) -> Iterator[None]:
        """Make a connection whose name OpenSSL does not look at, if `secured` does; no other runs.

        OpenSSL is told the name when a connection is made, before its handshake.
        """
        checked = self.check_hostname
        self.check_hostname = checked and not _is_ours_to_check(name)
        try:
            yield
        finally:
            self.check_hostname = checked


class _NestedTLS(SSLTransport):
    """TLS within the TLS of a proxy."""

    socket: ssl.SSLSocket

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        return super().recv(buflen, flags) or b""  # type: ignore[return-value]

    def pending(self) -> int:
        """Return how many bytes are at hand, counting those that may turn out to be no data."""
        return self.sslobj.pending() + self.incoming.pending + self.socket.pending()

    def getpeername(self) -> Any:
        return self.socket.getpeername()
