"""Until when a certificate is valid: as much of DER as that takes, in pure Python.

RFC 5280, section 4.1: a certificate is a sequence whose first element is a sequence of a version,
a serial number, an algorithm, an issuer, and the validity.
"""

from datetime import UTC, datetime

from crawler.model import Seconds

_VERSION, _UTC_TIME = 0xA0, 0x17


def not_after(der: bytes) -> Seconds:
    """Return the wall time after which a certificate is no longer valid.

    Raises:
        ValueError: this is no certificate.
    """
    _, certificate, _ = _element(der)
    _, signed, _ = _element(certificate)
    tag, _, rest = _element(signed)
    for _ in range(3 if tag == _VERSION else 2):  # serial number, algorithm, issuer
        _, _, rest = _element(rest)
    _, validity, _ = _element(rest)
    _, _, rest = _element(validity)
    tag, text, _ = _element(rest)
    return _time(text.decode("ascii"), two_digits=tag == _UTC_TIME)


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """Return the tag and the content of the first element, and what follows it."""
    if len(data) < 2:
        raise ValueError("it ends early")
    tag, length, at = data[0], data[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(data[2:at], "big")
    if at + length > len(data):
        raise ValueError("it ends early")
    return tag, data[at : at + length], data[at + length :]


def _time(text: str, *, two_digits: bool) -> Seconds:
    """Return a time; a year of two digits from 50 on is of the last century (section 4.1.2.5.1)."""
    if two_digits:
        text = ("19" if text >= "5" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
