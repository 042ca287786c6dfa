"""What an examination of a deployment has found: pure."""

from collections.abc import Iterable
from enum import StrEnum

from crawler.value import value


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARN = "warn"
    """It may do harm one day."""
    BAD = "bad"
    """It does harm, or will at the next stop, start or fault."""
    SKIP = "skip"
    """It could not be looked at; the words say why."""


@value
class Finding:
    """One thing that was looked at."""

    level: Level
    check: str
    """What was looked at, in one word."""
    found: str
    remedy: str = ""


def ok(check: str, found: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(Level.OK, check, found)


def warn(check: str, found: str, remedy: str) -> Finding:
    """Return a finding that may do harm one day."""
    return Finding(Level.WARN, check, found, remedy)


def bad(check: str, found: str, remedy: str) -> Finding:
    """Return a finding that does harm."""
    return Finding(Level.BAD, check, found, remedy)


def skip(check: str, why: str) -> Finding:
    """Return a finding that there is none, and why."""
    return Finding(Level.SKIP, check, why)


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 1 if one of them does harm, else 0."""
    return int(any(one.level is Level.BAD for one in findings))
