"""Verbs that ask load what asks: a monitor that runs one every minute costs next to nothing."""

import subprocess
import sys

import pytest

from crawler.frontier import open_frontier
from tests.program import at_once, write_config

HEAVY = ("crawler.daemon", "crawler.fetch", "crawler.frontier.sql.desk.changing", "pydantic",
         "requests", "rich", "structlog")  # fmt: skip
ASKING = {
    "failures": ["failures"],
    "hosts": ["hosts"],
    "hosts --failing": ["hosts", "--failing"],
    "status": ["status"],
    "status --json": ["status", "--json"],
    "status --check": ["status", "--check", "--min-room", "0"],
    "wishes": ["wishes"],
}
RUN = f"""
import sys
from crawler.cli import cli
cli.main(sys.argv[1:], standalone_mode=False)
print("loaded:", *(name for name in {HEAVY} if name in sys.modules))
"""


@pytest.fixture
def file(tmp_path):
    """Return a configuration whose ledger is there."""
    with open_frontier(tmp_path / "state.sqlite", durable=False):
        return write_config(tmp_path, [{"name": "j", "urls": ["http://a.example/"]}])


@pytest.mark.parametrize("verb", ASKING)
def test_a_verb_that_asks_loads_neither_models_nor_http_nor_what_logs(file, verb):
    command = [sys.executable, "-c", RUN, *ASKING[verb], "-c", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == ["loaded:"]


@pytest.mark.parametrize("verb", ASKING)
def test_a_configuration_that_is_odd_is_told_as_by_every_verb(file, verb):
    file.write_text("crawler: {state: 5}\njobs: []\n")
    done = at_once(*ASKING[verb], "-c", str(file), cwd=file.parent)
    told = done.stdout + done.stderr
    assert done.returncode == (3 if "--check" in ASKING[verb] else 2), told
    assert "crawler.state" in told
    assert "--state FILE finds the ledger without it" in told
