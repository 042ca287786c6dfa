"""Tests, benchmarks and what both are made of."""

import os

FULL = os.environ.get("CRAWLER_CAMPAIGN") == "full"
"""Whether long campaigns run in full."""


def examples(number: int) -> int:
    """Return how many examples of a property are tried: all of them only in the full campaign."""
    return number if FULL else max(10, number // 5)
