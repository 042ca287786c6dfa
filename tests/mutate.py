"""Mutants of the heart: one small change at a time, and whether a near test falls.

    python -m tests.mutate [ROOM ...] [--number 20] [--seed 1]

A mutant leaves a statement out, turns a condition round, moves a bound or a number by one. It is
made in a copy of the tree, and the tests that name its room (of the policy: its module) run against
it. What survives is printed with its line: either no test holds that line, or the change means
nothing; a reader decides which (DeMillo, Lipton and Sayward 1978).
"""

import argparse
import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ROOMS = ("feeder", "frontier", "settler", "worker", "transport", "fetch", "policy")
"""The heart: what decides whether a URL is lost, and a host hammered."""
BY_MODULE, REACHED_BY = {"policy"}, {"transport": "fetch"}
"""Rooms whose modules each have tests of their own, and that tests reach through another one."""
LONG = {"test_app_rude_table.py"}
"""Tests that take longer than all others of a room together."""
STATEMENTS = (ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.Raise)
BOUNDS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
SLOWER = 3
"""How many times as long as without a mutant its tests may take before it counts as fallen."""


class Mutant(NamedTuple):
    """A change of one stretch of a file."""

    file: Path
    line: int
    start: int  # in bytes from the beginning of the file, as `end`
    end: int
    text: str
    what: str


def mutants(file: Path) -> Iterator[Mutant]:
    """Yield every mutant of the functions of a file."""
    source = file.read_bytes()
    lines = [0, *accumulate(map(len, source.splitlines(keepends=True)))]

    def at(node: ast.expr | ast.stmt, text: str, what: str) -> Mutant:
        start = lines[node.lineno - 1] + node.col_offset
        end = lines[node.end_lineno - 1] + node.end_col_offset
        kept = "\n" * source[start:end].count(b"\n") if isinstance(node, ast.stmt) else ""
        return Mutant(file, node.lineno, start, end, text + kept, what)

    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(ast.Module(function.body, [])):
                yield from changes(node, at)


def changes(node: ast.AST, at) -> Iterator[Mutant]:
    """Yield the changes of one node."""
    match node:
        case ast.Expr(value=ast.Constant()):  # a docstring
            pass
        case _ if isinstance(node, STATEMENTS):
            yield at(node, "pass", "left out")
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield at(test, f"(not ({ast.unparse(test)}))", "turned round")
        case ast.Compare(ops=[one], left=left, comparators=[right]) if type(one) in BOUNDS:
            text = f"({ast.unparse(left)} {BOUNDS[type(one)]} {ast.unparse(right)})"
            yield at(node, text, f"became {text}")
        case ast.Constant(value=bool(value)):
            yield at(node, str(not value), f"became {not value}")
        case ast.Constant(value=int(value)):
            yield at(node, str(value + 1), f"became {value + 1}")


def near(room: str, module: str) -> list[str]:
    """Return the tests of a module that start no program and take seconds."""
    name = f"{room}.{module}" if room in BY_MODULE else f"({room}|{REACHED_BY.get(room, room)})"
    folders = (ROOT / "tests" / folder for folder in ("policy", "parts"))
    texts = {file: file.read_text() for folder in folders for file in folder.rglob("*.py")}
    named = {file for file, text in texts.items() if re.search(rf"crawler\.{name}\b", text)}
    helpers = "|".join(file.stem for file in named if not file.name.startswith("test_"))
    if helpers:
        uses = re.compile(rf"^from tests\.[\w.]*\b({helpers}) ", re.MULTILINE)
        named |= {file for file, text in texts.items() if uses.search(text)}
    chosen = [file for file in named if file.name.startswith("test_") and file.name not in LONG]
    return sorted(str(file.relative_to(ROOT)) for file in chosen)


def run(copy: Path, tests: list[str], limit_s: float) -> bool:
    """Tell whether tests pass against a copy of the tree, in time."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}  # it goes by second and size
    with subprocess.Popen(
        [*command, *tests], cwd=copy, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        try:
            return child.wait(limit_s) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)


def survives(mutant: Mutant, copy: Path, times: dict[tuple[str, ...], float], room: str) -> bool:
    """Tell whether all near tests pass with a mutant; measure first what they take without."""
    tests = near(room, mutant.file.stem)
    if tuple(tests) not in times:
        began = time.monotonic()
        if not run(copy, tests, 600.0):
            sys.exit(f"without any mutant these fail: {' '.join(tests)}")
        times[tuple(tests)] = time.monotonic() - began
    file = copy / mutant.file.relative_to(ROOT)
    source = file.read_bytes()
    file.write_bytes(source[: mutant.start] + mutant.text.encode() + source[mutant.end :])
    try:
        return run(copy, tests, SLOWER * times[tuple(tests)] + 10.0)
    finally:
        file.write_bytes(source)


def sampled(room: str, number: int, random: Random) -> list[Mutant]:
    """Choose mutants of a room."""
    place = ROOT / "crawler" / room
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    every = [mutant for file in files for mutant in mutants(file)]
    return random.sample(every, min(number, len(every)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.mutate", description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="*", default=ROOMS, choices=[*ROOMS, ROOMS])
    parser.add_argument("--number", type=int, default=20, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    times: dict[tuple[str, ...], float] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "var"))
        for room in chosen.rooms:
            tried = sampled(room, chosen.number, Random(f"{chosen.seed} {room}"))
            alive = [mutant for mutant in tried if survives(mutant, copy, times, room)]
            print(f"{room}: {len(tried) - len(alive)} of {len(tried)} fell", flush=True)
            for one in alive:
                line = one.file.read_text().splitlines()[one.line - 1].strip()
                print(
                    f"  {one.file.relative_to(ROOT)}:{one.line}: {line}  <- {one.what}", flush=True
                )


if __name__ == "__main__":
    main()
