"""Pins of public keys: the key in a certificate, and how a pin of it is written. Pure.

A pin is the SHA-256 of the SubjectPublicKeyInfo (RFC 5280, section 4.1), as in RFC 7469.
"""

import base64
import hashlib
from typing import NamedTuple

_DIGEST_BYTES = 32
_SEQUENCE, _VERSION = 0x30, 0xA0
_BEFORE_KEY = 5
"""Elements of a certificate before its key: serial number, algorithm, issuer, validity, subject."""


class _Element(NamedTuple):
    """An element of DER (X.690): its tag, where it begins, its content, and where it ends."""

    tag: int
    begin: int
    content: int
    end: int


def pin(text: str) -> str:
    """Return a pin as `sha256/BASE64`.

    Raises:
        ValueError: it is none.
    """
    name, _, digest = text.partition("/")
    try:
        sound = len(base64.b64decode(digest.strip("/"), validate=True)) == _DIGEST_BYTES
    except ValueError:
        sound = False
    if name.lower() != "sha256" or not sound:
        raise ValueError("is no pin: sha256/ and 44 characters of Base64 are")
    return f"sha256/{digest.strip('/')}"


def pin_of(certificate: bytes) -> str:
    """Return the pin of a certificate in DER.

    Raises:
        ValueError: it is none.
    """
    body = _at(certificate, _at(certificate, 0).content)
    at = body.content
    if _at(certificate, at).tag == _VERSION:
        at = _at(certificate, at).end
    for _ in range(_BEFORE_KEY):
        at = _at(certificate, at).end
    key = _at(certificate, at)
    if key.tag != _SEQUENCE or key.end > body.end:
        raise ValueError("it holds no key")
    digest = hashlib.sha256(certificate[key.begin : key.end]).digest()
    return f"sha256/{base64.b64encode(digest).decode()}"


def _at(data: bytes, begin: int) -> _Element:
    head = data[begin : begin + 6]
    if len(head) < 2:
        raise ValueError("it breaks off")
    tag, first = head[0], head[1]
    size = first & 0x7F if first & 0x80 else 0
    content = begin + 2 + size
    length = int.from_bytes(data[begin + 2 : content], "big") if size else first
    end = content + length
    if size > 4 or end > len(data):
        raise ValueError("it breaks off")
    return _Element(tag, begin, content, end)
