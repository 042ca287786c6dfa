"""Durations (`30s`, `5m`, `1h30m`) and sizes (`10MB`, `1GiB`) as operators write them."""

import re
from typing import Any, NamedTuple

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
A_DURATION = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h|d)){1,5}")
_TERM = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")

_SIZES = {"": 1, "B": 1} | {
    f"{prefix}{suffix}": base ** (power + 1)
    for power, prefix in enumerate("KMGT")
    for suffix, base in (("B", 1000), ("iB", 1024))
}
A_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?) ?((?:[KMGTkmgt]i?)?[Bb])?")
_UNITS_BY_CASE = {unit.lower(): factor for unit, factor in _SIZES.items()}
_SPEED = re.compile(r"(\S+?) ?/s over (\S+)")


def duration(value: Any) -> float:
    """Return seconds; a bare 0 needs no unit, any other number does.

    Raises:
        ValueError: it is no duration as in 1h30m.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and value == 0:
        return 0.0
    if not isinstance(value, str) or not A_DURATION.fullmatch(value):
        raise ValueError("a duration with its unit is needed, as in 500ms, 30s, 5m, 1h30m or 7d")
    return sum(float(number) * _UNITS[unit] for number, unit in _TERM.findall(value))


def size(value: Any) -> int:
    """Return bytes; a bare number is bytes.

    Raises:
        ValueError: it is no size as in 10MB.
    """
    match = A_SIZE.fullmatch(value) if isinstance(value, str) else None
    if match:
        return int(float(match.group(1)) * _UNITS_BY_CASE[(match.group(2) or "").lower()])
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError("a size is needed, as in 500KB, 10MB, 1GiB or a number of bytes")


class Speed(NamedTuple):
    """A least speed: bytes a second, over a window of seconds; 0 is none."""

    bytes_s: float
    window_s: float


NO_SPEED = Speed(0.0, 1.0)


def speed(value: Any) -> Speed:
    """Read `1KB/s over 30s`; 0 switches the check off.

    Raises:
        ValueError: it is neither.
    """
    if value == 0 and not isinstance(value, bool):
        return NO_SPEED
    match = _SPEED.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError("a least speed is needed, as in 1KB/s over 30s, or 0 for none")
    return Speed(size(match.group(1)), max(1.0, duration(match.group(2))))


SOME_VERSIONS = re.compile(r"keep (\d{1,4}) versions?")


def versions(value: Any) -> int:
    """Return how many versions are kept: 0 for `replace`, 3 for `keep 3 versions`.

    Raises:
        ValueError: it is neither.
    """
    if value == "replace":
        return 0
    match = SOME_VERSIONS.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError("replace is needed, or as in: keep 3 versions")
    return int(match.group(1))


A_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,3})?) ?%")


def share(value: Any) -> float:
    """Return a part of a whole, 0 to 1, from `50%` or a number from 0 to 1.

    Raises:
        ValueError: it is neither.
    """
    match = A_SHARE.fullmatch(value) if isinstance(value, str) else None
    number = float(match.group(1)) / 100 if match else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= 1:
        raise ValueError("a share is needed, as in 50%, or a number from 0 to 1")
    return float(number)
