"""The API asked for everything that its description allows, and for what it does not."""

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path
from urllib.parse import quote, urlencode

import gevent
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crawler.web.api.openapi import document
from tests import FULL
from tests.daemon.test_web import made
from tests.program import Daemon
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


@pytest.fixture
def program(tmp_path, full_campaign):
    found = shutil.which("schemathesis") or (installed(tmp_path) if full_campaign else None)
    if found is None:
        pytest.skip(f"it is installed for full campaigns, or put {SCHEMATHESIS} on the PATH")
    return found


@pytest.mark.campaign
@pytest.mark.timeout(3600 if FULL else 400)
def test_schemathesis_finds_no_fault_beside_a_daemon_that_hears_all_of_it(
    tmp_path, program, full_campaign
):
    file = made(tmp_path)
    with Again(file) as daemons, Web(file) as web:
        examined(program, web, tmp_path, 200 if full_campaign else 5, token=web.token)
        assert web.told("web.acted")
    assert daemons.codes
    assert {*daemons.codes} == {0}
    assert not daemons.errors


@pytest.mark.campaign
@pytest.mark.timeout(3600 if FULL else 400)
def test_schemathesis_finds_no_way_round_the_token(tmp_path, program, full_campaign):
    file = made(tmp_path)
    with Daemon(file) as daemon, Web(file, "--public-read") as web:
        daemon.wait_for("daemon.ready")
        before = web.get("urls")
        examined(program, web, tmp_path, 200 if full_campaign else 5)
        assert web.get("urls") == before
        assert not web.get("wishes")["wishes"]
        assert not web.told("web.acted")
        assert not daemon.told("config.reloaded")
        assert not daemon.told("wish.heard")
        assert daemon.stop() == 0


class Again:
    """A daemon that is started again as often as it is told to stop."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.codes: list[int] = []
        self.errors = ""

    def __enter__(self) -> "Again":
        self._begin()
        self._daemon.wait_for("daemon.ready")
        self._watcher = gevent.spawn(self._watch)
        return self

    def __exit__(self, *_: object) -> None:
        self._watcher.kill()
        self._daemon.stop()
        self._end()

    def _begin(self) -> None:
        self._daemon = Daemon(self._file, GEVENT_MAX_BLOCKING_TIME="10").__enter__()

    def _end(self) -> None:
        self.codes.append(self._daemon.wait())
        self.errors += self._daemon.errors
        self._daemon.__exit__()

    def _watch(self) -> None:
        while True:
            self._daemon.process.wait()
            self._end()
            self._begin()


def examined(program: str, web: Web, folder: Path, examples: int, token: str = "") -> None:
    """Have schemathesis ask for all that is described; it finds nothing."""
    known = ["-H", f"Authorization: Bearer {token}"] if token else []
    checks = CHECKS if token else CHECKS.replace(",ignored_auth", "")  # reading is open then
    done = subprocess.run(
        [program, "run", f"http://127.0.0.1:{web.port}/openapi.json", "--checks", checks, *known,
         "--exclude-path", STREAM, "--request-timeout", "120",
         "--max-examples", f"{examples}", "--no-color"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=3000,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip
    print(done.stdout[-3000:])
    assert done.returncode == 0, done.stdout[-8000:]
    assert not web.errors
    assert not web.told("web.failed")


def installed(folder: Path) -> str:
    """Install it where it gets into nothing's way: it needs much."""
    venv.create(folder / "own", with_pip=True)
    pip = [folder / "own/bin/python", "-m", "pip", "install", "-q", SCHEMATHESIS]
    subprocess.run(pip, check=True, timeout=600)
    return str(folder / "own/bin/schemathesis")
