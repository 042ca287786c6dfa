"""The tree's own rules, as far as a syntax tree shows them; `.ci/check` runs them with the linters.

A figure here is a ceiling; a change that brings a function or a module below it lowers it.
"""

import ast
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = sorted((ROOT / "crawler").rglob("*.py"))

MAX_LINES = 260

COMPLEX = 10
"""Cyclomatic complexity beyond which a function counts as complex (McCabe 1976)."""
MAX_COMPLEX_FUNCTIONS = 2
MAX_COMPLEXITY = 15
PLAIN_SHARE = 0.95
"""Least share of functions with a complexity of at most PLAIN."""
PLAIN = 7

SWALLOWS = {"frontier/postgres/lane.py:_run", "threads.py:_guarded"}
"""Functions that may catch what ends a greenlet: it is raised again where the result is asked."""
NATIVE = {
    "frontier": {"__init__.py", "sqlite.py", "transactions.py", "upgrade.py"},
    "store": {"__init__.py", "files.py", "part_file.py", "paths.py"},
}
"""Rooms whose modules run in native threads, but for those that hand the work over."""
NOT_IN_NATIVE = {"crawler.log", "crawler.threads", "logging", "queue", "structlog", "threading"}
"""What takes patched locks, or leads to what does (gevent issues 1744 and 2013)."""
RATES = "fetch/rates.py"
"""Where a visit waits for a rate that somebody asked for, until its deadline at most."""
BAGS = {"base", "common", "helpers", "manager", "misc", "util", "utils"}


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT / "crawler"))


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for file in PACKAGE:
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.FunctionDef):
                yield f"{name_of(file)}:{node.name}", node


def complexity(node: ast.FunctionDef) -> int:
    """Count the ways through a function: one, and one more for every decision in it."""
    return 1 + sum(map(decisions, ast.walk(node)))


def decisions(node: ast.AST) -> int:
    match node:
        case ast.If() | ast.For() | ast.While() | ast.ExceptHandler() | ast.IfExp() | ast.Assert():
            return 1
        case ast.comprehension():
            return 1 + len(node.ifs)
        case ast.BoolOp():
            return len(node.values) - 1
        case ast.match_case():
            return 1
    return 0


@pytest.mark.parametrize("file", PACKAGE, ids=name_of)
def test_a_module_says_what_it_is_for_and_can_be_read_in_one_sitting(file):
    assert ast.get_docstring(tree_of(file)), "a module begins with a sentence about it"
    lines = len(file.read_text().splitlines())
    assert lines <= MAX_LINES, "take it apart along its nouns"


def test_few_functions_are_complex_and_none_is_very():
    found = {name: complexity(node) for name, node in functions()}
    complex_ = {name: number for name, number in found.items() if number > COMPLEX}
    beyond = {name: number for name, number in complex_.items() if number > MAX_COMPLEXITY}
    assert not beyond
    assert len(complex_) <= MAX_COMPLEX_FUNCTIONS, complex_
    plain = sum(number <= PLAIN for number in found.values())
    assert plain >= PLAIN_SHARE * len(found)


def test_no_module_is_a_bag():
    assert not [name_of(file) for file in PACKAGE if file.stem in BAGS]


def test_what_ends_a_greenlet_is_raised_again_where_it_is_caught():
    """GreenletExit and gevent.Timeout are BaseExceptions: a kill, and a deadline."""
    caught = {
        name
        for name, node in functions()
        for handler in ast.walk(node)
        if isinstance(handler, ast.ExceptHandler)
        and (handler.type is None or "BaseException" in ast.unparse(handler.type))
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(handler))
    }
    assert caught == SWALLOWS


def test_what_runs_in_a_native_thread_takes_no_patched_lock_and_logs_nothing():
    """From gevent it has only what `get_original` returns: what was there before the patch."""
    files = [
        file
        for room, hub in NATIVE.items()
        for file in (ROOT / "crawler" / room).glob("*.py")
        if file.name not in hub
    ]
    assert files
    found = {name_of(file): sorted(imports(file)) for file in files}
    wrong = {name: [one for one in imported if is_patched(one)] for name, imported in found.items()}
    assert not {name: ones for name, ones in wrong.items() if ones}


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_patched(name: str) -> bool:
    if name.startswith("gevent"):
        return name != "gevent.monkey.get_original"
    return any(name == one or name.startswith(f"{one}.") for one in NOT_IN_NATIVE)


@pytest.mark.parametrize("room", ["worker", "fetch", "transport"])
def test_a_visit_sleeps_for_nothing_but_to_let_others_run(room):
    """Its worker is not what a host rests in: that is a time, in the feeder and in the ledger."""
    for file in (ROOT / "crawler" / room).glob("*.py"):
        for node in ast.walk(tree_of(file)) if name_of(file) != RATES else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("sleep"):
                (seconds,) = node.args
                assert isinstance(seconds, ast.Constant), ast.unparse(node)
                assert seconds.value <= 0.001, ast.unparse(node)


def test_the_first_thing_the_package_does_is_to_patch():
    _, early, _, imported, patched, *_ = tree_of(ROOT / "crawler" / "__init__.py").body
    assert ast.unparse(early).startswith("from crawler import early_signals")
    assert ast.unparse(imported) == "from gevent import monkey"
    assert ast.unparse(patched) == "with plugins.asked_for():\n    monkey.patch_all()"


def test_the_classifiers_are_the_list_of_pythons():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    prefix = "Programming Language :: Python :: "
    lines = setup["metadata"]["classifiers"].splitlines()
    pythons = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
    oldest = min(pythons, key=lambda version: [int(part) for part in version.split(".")])
    assert setup["options"]["python_requires"] == f">={oldest}"
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    assert ruff["target-version"] == f"py{oldest.replace('.', '')}"
