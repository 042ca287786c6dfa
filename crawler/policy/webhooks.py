"""Ids and signatures of webhooks. Pure.

They are those of Standard Webhooks 1.0.0 (standardwebhooks.com).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

_PREFIX = "whsec_"
"""Before a secret in base64."""


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for: base64 after `whsec_`, or the text itself.

    Raises:
        ValueError: it is empty, or no base64; the message does not repeat it.
    """
    text = secret.removeprefix(_PREFIX)
    if not text:
        raise ValueError("is empty; `openssl rand -base64 32` makes one")
    if text == secret:
        return secret.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is no base64 after whsec_") from None


def message_id(events: Iterable[str]) -> str:
    """Return the id of a batch of events, by their ids: the same batch has the same one again."""
    digest = hashlib.blake2b("\n".join(events).encode(), digest_size=16).hexdigest()
    return f"msg_{digest}"


def headers(id_: str, sent_at: int, body: bytes, secret: str | None) -> Mapping[str, str]:
    """Return the headers of a message; `sent_at` is wall time in whole seconds."""
    found = {"webhook-id": id_, "webhook-timestamp": str(sent_at)}
    if secret is not None:
        signed = f"{id_}.{sent_at}.".encode() + body
        mark = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
        found["webhook-signature"] = f"v1,{base64.b64encode(mark).decode()}"
    return found
