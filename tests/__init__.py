"""Tests, benchmarks and what both are made of."""

import os

FULL = os.environ.get("CRAWLER_CAMPAIGN") == "full"
"""Whether long campaigns run in full."""
