"""The documents about the code are true: what they name is there, and the floors are right."""

import ast
import builtins
import re
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest

from crawler.model import Kind

ROOT = Path(__file__).parents[2]
NAMES = ("docs/architecture.md", "docs/decisions.md", "docs/stability.md", "docs/release.md",
         "CONTRIBUTING.md")  # fmt: skip
DOCUMENTS = {name: (ROOT / name).read_text() for name in NAMES}
ARCHITECTURE = DOCUMENTS["docs/architecture.md"]
STABILITY = DOCUMENTS["docs/stability.md"]
ELSEWHERE = {"GreenletExit", "PreparedRequest", "Response", "Session", *dir(builtins)}
"""Names that are gevent's, those of requests, and Python's."""


@cache
def defined() -> set[str]:
    """Return every name that the package defines, and of methods `Class.method` too."""
    found = set()
    for file in (ROOT / "crawler").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.ClassDef(name=name, body=body):
                    found |= {name, *(f"{name}.{one.name}" for one in body if is_function(one))}
                case ast.FunctionDef(name=name):
                    found.add(name)
                case ast.Assign(targets=[ast.Name(id=name)]):
                    found.add(name)
                case ast.AnnAssign(target=ast.Name(id=name)):
                    found.add(name)
    return found


def is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef)


def section(title: str) -> str:
    """Return a part of the document, from its heading to the next."""
    return re.split(r"^## .*$", ARCHITECTURE.partition(f"\n## {title}\n")[2], flags=re.MULTILINE)[0]


def where_is(test: str) -> list[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return [str(file.relative_to(ROOT)) for file in files if f"def {test}(" in file.read_text()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(name):
    text = DOCUMENTS[name]
    named = re.findall(r"(?<![\w/.])((?:crawler|tests|docs|config|\.ci)/[\w./]*\w/?)", text)
    linked = re.findall(r"\]\((?!http|#)([^)#]+)", text)
    folder = (ROOT / name).parent
    missing = {one for one in named if not (ROOT / one).exists()}
    missing |= {one for one in linked if not (folder / one).exists()}
    assert not missing


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_test_that_a_document_names_is_there(name):
    named = re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", DOCUMENTS[name])
    moved = {f"{file}::{test}": where_is(test) for file, test in named}
    assert not {one: files for one, files in moved.items() if one.partition("::")[0] not in files}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_name_of_the_code_that_a_document_uses_is_one(name):
    words = re.findall(r"`([A-Z][a-z]\w*(?:\.\w+)?|\w+\(\))`", DOCUMENTS[name])
    unknown = {word.removesuffix("()") for word in words} - defined() - ELSEWHERE
    assert not unknown


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_name_is_in_the_file_where_a_document_says(name):
    named = re.findall(r"`(\w+)`\s+in\s+`?(crawler/[\w/]+\.py)", DOCUMENTS[name])
    defining = {f"{word} in {file}": files_with(word) for word, file in named}
    assert not {one: fs for one, fs in defining.items() if one.partition(" in ")[2] not in fs}


def files_with(word: str) -> list[str]:
    definition = re.compile(rf"^ *(class |def |){word}\b[^.]", re.MULTILINE)
    files = (ROOT / "crawler").rglob("*.py")
    return [str(one.relative_to(ROOT)) for one in files if definition.search(one.read_text())]


def test_the_floors_are_those_that_the_linter_holds():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    layers = setup["importlinter:contract:layers"]["layers"].split("\n")[1:]
    rows = re.findall(r"^\| \d+ \| ([^|]+) \|", section("Floors and rooms"), re.MULTILINE)
    assert [re.findall(r"`(\w+)`", row) for row in rows] == [one.split(" | ") for one in layers]


def test_every_law_names_a_test():
    laws = re.split(r"^\*\*\d+ · ", section("The laws"), flags=re.MULTILINE)[1:]
    assert len(laws) >= 10
    assert all("\n- tests/" in law for law in laws)


def test_the_contract_of_the_frontier_has_all_its_verbs():
    told = re.findall(
        r"`(\w+)`", "".join(re.findall(r"^\|.*", section("The frontier's contract"), re.MULTILINE))
    )
    rooms = "Frontier|Desk|ListVerbs|LoginVerbs|OutboxVerbs|ProcessVerbs|LocalVerbs"
    verbs = {one.partition(".")[2] for one in defined() if re.match(rf"({rooms})\.[a-z]", one)}
    assert sorted(told) == sorted(verbs)


def test_a_stop_has_the_steps_of_the_supervisor():
    source = (ROOT / "crawler" / "daemon" / "supervisor.py").read_text()
    steps = re.findall(r"\d", "".join(re.findall(r"^ +# ([\d, ]+) ", source, re.MULTILINE)))
    assert re.findall(r"^(\d)\. ", section("Starting and stopping"), re.MULTILINE) == steps


KEYS = {
    "`export`, a line a URL, and the columns of `--format csv` in this order": "record.py:record",
    "`fetch --json`, a line a URL": "fetch/report.py:_json",
    "`status --json`": "status/account.py:document",
    "each of its `processes`": "status/processes.py:process_document",
    "each of its `jobs`": "status/account.py:_job",
    "`explain --json`: `url` and `jobs`; each of these has what `export` has, and": (
        "explain/account.py:document"
    ),
}


@pytest.mark.parametrize("output", KEYS)
def test_the_keys_that_programs_rely_on_are_those_of_the_code(output):
    cells = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", STABILITY, re.MULTILINE))
    assert re.findall(r"`(\w+)`", cells[output]) == keys(f"verbs/{KEYS[output]}")


def test_the_keys_and_kinds_of_a_visits_line_are_those_of_the_code():
    told = re.search(r"with the keys (.*?);", STABILITY, re.DOTALL)[1]
    assert re.findall(r"`(\w+)`", told) == keys("log/visits.py:visit_fields")
    told = re.search(r"`kind` is one of (.*?)\.", STABILITY, re.DOTALL)[1]
    assert re.findall(r"`(\w+)`", told) == [kind.value for kind in Kind]


def keys(where: str) -> list[str]:
    """Return the keys of the first dict that a function makes, without those of dicts within."""
    file, _, function = where.partition(":")
    tree = ast.parse((ROOT / "crawler" / file).read_text())
    (node,) = (one for one in ast.walk(tree) if is_function(one) and one.name == function)
    made = next(one for one in ast.walk(node) if isinstance(one, ast.Dict))
    return [key.value for key in made.keys if key]
