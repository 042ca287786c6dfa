"""The description of the API, and the documentation, beside the table that routes it."""

import json
import re
from pathlib import Path

import pytest

from crawler.web.access.guard import Guard
from crawler.web.api.openapi import document, text
from crawler.web.api.operations import OPERATIONS
from crawler.web.app import App, Site

PAGE = (Path(__file__).parents[4] / "docs" / "web.md").read_text()
NO_API = {"/", "/login", "/logout"}
"""Paths for browsers, which are no part of the API."""

OTHERS = r"\([^)]*\)|`crawler \w+`|the `\w+` of that"
"""What is in ticks in the tables and is no word of an operation."""


class _Nothing:
    def __getattr__(self, name):
        return None


def pairs(value):
    """Yield all names of a document with their values, at any depth."""
    if isinstance(value, dict):
        yield from value.items()
    for one in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from pairs(one)


def routes() -> set[tuple[str, str]]:
    """Return what the application routes."""
    guard = Guard("t" * 43, 8640, is_local=True)
    app = App(Site(lambda: guard, _Nothing(), _Nothing(), _Nothing()))
    return {
        (route.method, re.sub(r"<(\w+)>", r"{\1}", route.rule))
        for route in app.wsgi.routes
        if route.rule not in NO_API and not route.rule.startswith("/page/")
    }


def test_it_describes_what_is_routed_and_nothing_else():
    described = {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
    }
    assert described == routes()


def test_the_page_of_the_manual_has_every_operation_with_its_words():
    told = {
        (method, path): set(re.findall(r"`(\w+)`", re.sub(OTHERS, "", words)))
        for method, table in re.findall(r"\n\| (GET|POST) \| (.*?)\n\n", PAGE, re.DOTALL)
        for path, words in re.findall(r"^\| `(/api/v1/[^`]+)` \| (.*) \|$", table, re.MULTILINE)
    }
    assert told == {
        (one.method, one.path): {word.name for word in one.words if not word.in_path}
        for one in OPERATIONS
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_an_operation_has_the_words_of_its_verb_and_their_help(operation):
    names = {one.name for one in operation.command.params} - {"file", "state", "as_json_"}
    assert {word.parameter.name for word in operation.words} == names - operation.without
    assert operation.summary.endswith((".", "…"))
    described = document()["paths"][operation.path][operation.method.lower()]
    shown = described["requestBody" if operation.acts else "parameters"]
    assert all(word.name in json.dumps(shown) for word in operation.words)


def test_it_is_json_and_refers_to_nothing_that_is_not_there():
    read = json.loads(text())
    assert read["openapi"].startswith("3.1")
    for name in re.findall(r'"#/components/schemas/(\w+)"', text().decode()):
        assert name in read["components"]["schemas"]
    assert not [name for name, value in pairs(read) if value is None], "a schema says null"
    identifiers = [one["operationId"] for path in read["paths"].values() for one in path.values()]
    assert len(set(identifiers)) == len(identifiers)
