"""The connection layer below `requests`: an adapter with one shared TLS context.

requests parses the whole bundle of authorities for every new TLS connection, 18 ms of CPU with the
hub blocked; a context that is made once and shared costs a tenth (urllib3 issue 3623).
"""

import ssl
import warnings
from pathlib import Path
from typing import Any

import certifi
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InsecureRequestWarning


def tls_context(verify: bool | Path) -> ssl.SSLContext:  # noqa: FBT001  as requests calls it
    """Return a client context: the usual authorities, those of a file, or no check at all."""
    if verify is False:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        warnings.simplefilter("ignore", InsecureRequestWarning)  # the operator said so
        return context
    return ssl.create_default_context(cafile=certifi.where() if verify is True else str(verify))


class Transport(HTTPAdapter):
    """An adapter whose connections share one TLS context, and that retries nothing."""

    def __init__(self, verify: bool | Path, *, hosts: int, per_host: int) -> None:  # noqa: FBT001
        self._context = tls_context(verify)
        super().__init__(pool_connections=hosts, pool_maxsize=per_host, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Hand the shared context to every pool."""
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Name the host only: the TLS settings are those of the context."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the authorities as the context has them."""
