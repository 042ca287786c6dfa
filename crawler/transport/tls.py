"""The TLS context that all connections of one way of dialling share.

requests parses the bundle of authorities for every new connection, 18 ms of CPU with the hub
blocked (urllib3 issue 3623).
"""

import ssl
import warnings
from pathlib import Path
from typing import Any

import certifi
from urllib3.exceptions import InsecureRequestWarning


def tls_context(
    verify: bool | Path,  # noqa: FBT001  as requests calls it
    client_cert: Path | None = None,
    min_tls: str = "TLSv1.2",
) -> ssl.SSLContext:
    """Return a client context: the usual authorities, those of a file, or no check at all.

    Raises:
        OSError: a file holds no certificate.
    """
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)  # checks certificates and names by itself
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        warnings.simplefilter("ignore", InsecureRequestWarning)  # the operator said so
    else:
        context.load_verify_locations(certifi.where() if verify is True else str(verify))
    context.minimum_version = ssl.TLSVersion[min_tls.replace(".", "_")]
    context.set_alpn_protocols(["http/1.1"])
    if client_cert:
        context.load_cert_chain(client_cert)
    return context


class _Context(ssl.SSLContext):
    """A context whose handshake leaves no socket behind when a greenlet is killed over it."""

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Wrap, then shake hands; Python closes the socket only after an error of its own."""
        wrapped = super().wrap_socket(*args, **{**kwargs, "do_handshake_on_connect": False})
        try:
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped
