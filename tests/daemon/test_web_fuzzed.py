"""The API asked for everything that its description allows, and for what it does not."""

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crawler.web.api.openapi import document
from tests.daemon.test_web import made
from tests.web import Web

SCHEMATHESIS = "schemathesis>=4.32,<5"
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_schema_conformance,ignored_auth")  # fmt: skip
"""What is wrong whatever the words mean; that words mean nothing no schema tells."""
DESCRIBED = document()["paths"]
STREAM = "/api/v1/events"
ASKED = [
    (method, path)
    for path, methods in DESCRIBED.items()
    for method in methods
    if path not in {STREAM, "/api/v1/stop"}
]


def values(schema: dict) -> st.SearchStrategy:
    """Return values of a schema, and some that are not."""
    match schema:
        case {"enum": words}:
            right = st.sampled_from(words)
        case {"type": "array", "items": items}:
            right = st.lists(values(items), max_size=3)
        case {"type": "boolean"}:
            right = st.booleans()
        case {"type": "integer"}:
            right = st.integers(-3, 2**64)
        case _:
            right = st.sampled_from(["j", "127.0.0.1", "1h", "delay=5s", "http://a.example/"])
            right |= st.text(max_size=50)
    return st.one_of(
        right, right, right, st.none(), st.text(max_size=20), st.integers(), st.booleans()
    )


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzzed")
    with Web(made(folder)) as one:
        yield one
        assert one.stop() == 0
        assert not one.errors
        assert not one.told("web.failed")
        assert not one.told("greenlet.failed")


@pytest.mark.parametrize(("method", "path"), ASKED)
@settings(max_examples=25, deadline=None, database=None, derandomize=True,
          phases=[Phase.generate], suppress_health_check=[*HealthCheck])  # fmt: skip
@given(data=st.data())
def test_whatever_is_asked_the_answer_is_one_that_is_described(web, method, path, data):
    described = DESCRIBED[path][method]
    if method == "post":
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        words = {name: values(one) for name, one in schema["properties"].items()}
        reply = web.ask("POST", path, data.draw(st.fixed_dictionaries({}, optional=words)))
    else:
        reply = web.ask("GET", data.draw(locations(path, described)))
    told = described["responses"].get(str(reply.status))
    assert told, (reply.status, reply.body)
    assert reply.status < 500, reply.body
    media = reply.headers["Content-Type"]
    assert media in told["content"]
    if media.endswith("json"):
        json.loads(reply.body)


def locations(path: str, described: dict) -> st.SearchStrategy[str]:
    """Return paths with queries."""
    parameters = described.get("parameters", [])
    queried = {one["name"]: values(one["schema"]) for one in parameters if one["in"] == "query"}
    name = st.sampled_from(["127.0.0.1", "nobody.example"]) | st.text(min_size=1, max_size=20)
    made_ = st.tuples(name, st.fixed_dictionaries({}, optional=queried))
    return made_.map(lambda drawn: location(path, *drawn))


def location(path: str, name: str, query: dict) -> str:
    asked = urlencode(query, doseq=True, errors="surrogatepass")
    where = path.replace("{name}", quote(name, safe="", errors="surrogatepass"))
    return f"{where}?{asked}" if asked else where


@pytest.mark.campaign
def test_schemathesis_finds_no_fault_and_no_way_round_the_token(tmp_path, full_campaign):
    program = shutil.which("schemathesis") or (installed(tmp_path) if full_campaign else None)
    if program is None:
        pytest.skip(f"it is installed for full campaigns, or put {SCHEMATHESIS} on the PATH")
    examples = "200" if full_campaign else "10"
    with Web(made(tmp_path)) as web:
        done = subprocess.run(
            [program, "run", f"http://127.0.0.1:{web.port}/openapi.json", "--checks", CHECKS,
             "-H", f"Authorization: Bearer {web.token}", "--exclude-path", STREAM,
             "--max-examples", examples, "--no-color"],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=3000,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-8000:]
        assert not web.errors
        assert not web.told("web.failed")


def installed(folder: Path) -> str:
    """Install it where it gets into nothing's way: it needs much."""
    venv.create(folder / "own", with_pip=True)
    pip = [folder / "own/bin/python", "-m", "pip", "install", "-q", SCHEMATHESIS]
    subprocess.run(pip, check=True, timeout=600)
    return str(folder / "own/bin/schemathesis")
