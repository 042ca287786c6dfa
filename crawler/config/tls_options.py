"""What a job says of TLS beside whom it trusts: old servers, servers by their keys."""

import ssl
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictStr

from crawler.config import checks
from crawler.config.options import Options
from crawler.policy import key_pins


def _ciphers(text: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers(text)
    except ssl.SSLError:
        raise ValueError("OpenSSL knows no cipher of it; `openssl ciphers` lists them") from None
    return text


class TlsOptions(Options):
    """How TLS is spoken where the usual way does not do."""

    ciphers: Annotated[StrictStr, AfterValidator(_ciphers)] | None = None
    """Ciphers up to TLS 1.2 in OpenSSL's spelling, as in `DEFAULT@SECLEVEL=1` for servers with old
    keys."""
    legacy_renegotiation: StrictBool = False
    """Speak with servers that cannot renegotiate safely (RFC 5746)."""
    intermediates: Path | None = None
    """A file of certificates that lead to a trusted authority, for servers that leave them out."""
    pin: dict[
        Annotated[StrictStr, AfterValidator(checks.host_name)],
        tuple[Annotated[StrictStr, AfterValidator(key_pins.pin)], ...],
    ] = Field(default_factory=dict)
    """Keys of hosts, by name: `{example.org: ["sha256/…"]}`; a host with another key is refused,
    whatever `verify` says."""
