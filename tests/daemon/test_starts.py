"""A start loads what its verb needs: modules are counted, with a tenth above what they were."""

import subprocess
import sys

import pytest

from crawler.cli import HOMES
from crawler.frontier import open_frontier
from tests.program import write_config

RUN = """
import sys
from crawler.cli import main
try:
    main()
except SystemExit:
    print(*sys.modules, file=sys.stderr)
"""
COUNTED = """
import sys
sources = 0
def hook(event, _):
    global sources
    sources += event == "compile"
sys.addaudithook(hook)
from crawler.cli import main
try:
    main()
except SystemExit:
    print(sources, file=sys.stderr)
"""
SCHEMAS = """
import sys
from crawler.cli import main
from pydantic._internal._generate_schema import GenerateSchema
made = 0
of_field = GenerateSchema._common_field_schema
def counted(*given):
    global made
    made += 1
    return of_field(*given)
GenerateSchema._common_field_schema = counted
try:
    main()
except SystemExit:
    print(made, file=sys.stderr)
"""
HEAVY = {
    "ada_url", "asyncio", "email", "importlib.metadata", "pydantic", "requests", "sqlite3",
    "structlog", "tqdm", "urllib3", "yaml",
}  # fmt: skip
ROOMS = ("config", "daemon", "feeder", "fetch", "frontier", "log", "policy", "seeder", "sources")
A_VERB_OF_EACH = {home: verb for verb, home in HOMES.items()}


def told(source, *words):
    """Return what a process tells at its end that did what was typed."""
    command = [sys.executable, "-c", source, *map(str, words)]
    program = subprocess.run(command, capture_output=True, text=True, check=True)
    *said, end = program.stderr.splitlines()
    assert not said, said
    return end.split()


def done(*words):
    """Return the modules of a process that did what was typed."""
    return set(told(RUN, *words))


def count(source, *words):
    """Return what a process counted that did what was typed."""
    return int(*told(source, *words))


@pytest.fixture
def file(tmp_path):
    """Return a configuration whose ledger is there."""
    with open_frontier(tmp_path / "state.sqlite", durable=False):
        return write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:9/"]}])


def test_help_loads_no_more_than_command_lines():
    found = done("--help")
    assert not found & HEAVY
    assert not {f"crawler.{room}" for room in ROOMS} & found
    assert len(found) <= 275


@pytest.mark.parametrize("verb", A_VERB_OF_EACH.values())
def test_the_help_of_a_verb_loads_its_command_line_alone(verb):
    found = done(verb, "--help")
    assert not found & HEAVY
    assert not {f"crawler.{room}" for room in ROOMS} & found
    assert len(found) <= 258


def test_status_loads_what_asks_the_ledger(file):
    found = done("status", "-c", file)
    assert not found & (HEAVY - {"ada_url", "email", "sqlite3", "yaml"})
    assert not {"crawler.config.settings", "crawler.frontier.moves", "crawler.daemon"} & found
    assert len(found) <= 510


def test_a_daemon_loads_what_formats_tracebacks_with_the_first_one(file):
    found = done("run", "-c", file, "--until-done")
    assert not {"asyncio", "rich", "structlog", "tqdm", "crawler.frontier.moves"} & found
    assert len(found) <= 1100


def test_a_web_server_loads_no_daemon(file):
    command = [sys.executable, "-c", RUN, "web", "-c", str(file), "--listen", "127.0.0.1:0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as web:
        assert "web.ready" in web.stdout.readline()
        web.terminate()
        said = web.communicate(timeout=30)[1]
    found = set(said.splitlines()[-1].split())
    rooms = {f"crawler.{room}" for room in ("daemon.app", "feeder", "fetch", "worker")}
    assert "crawler.verbs.urls.adding" in found, "what is loaded later holds up all that is asked"
    assert not found & {*rooms, "asyncio", "requests", "structlog", "urllib3"}
    assert len(found) <= 860


def test_no_method_is_compiled_of_values_that_nobody_makes(file):
    assert count(COUNTED, "status", "-c", file) <= 160


def test_the_schema_of_each_option_is_made_once_or_twice_at_a_start(file):
    assert count(SCHEMAS, "run", "-c", file, "--until-done") <= 290
