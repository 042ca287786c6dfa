"""A start loads what its verb needs: modules are counted, with a tenth above what they were."""

import subprocess
import sys

import pytest

from crawler.cli import HOMES

RUN = """
import sys
from crawler.cli import main
try:
    main()
except SystemExit:
    print(*sys.modules, file=sys.stderr)
"""
HEAVY = {
    "ada_url", "asyncio", "email", "importlib.metadata", "pydantic", "requests", "sqlite3",
    "structlog", "tqdm", "urllib3", "yaml",
}  # fmt: skip
ROOMS = ("config", "daemon", "feeder", "fetch", "frontier", "log", "policy", "seeder", "sources")
A_VERB_OF_EACH = {home: verb for verb, home in HOMES.items()}


def loaded(*words):
    """Return the modules of a process that did what was typed."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: "), done.stderr
    return set(done.stderr.split())


def test_help_loads_no_more_than_command_lines():
    found = loaded("--help")
    assert not found & HEAVY
    assert not {f"crawler.{room}" for room in ROOMS} & found
    assert len(found) <= 275


@pytest.mark.parametrize("verb", A_VERB_OF_EACH.values())
def test_the_help_of_a_verb_loads_its_command_line_alone(verb):
    found = loaded(verb, "--help")
    assert not found & HEAVY
    assert not {f"crawler.{room}" for room in ROOMS} & found
    assert len(found) <= 258
