"""Functions that are told of events, in a process of their own."""

import json

import pytest

from crawler.hooks.calls import Calls
from tests.parts.hooks.scenes import hook, waiting


@pytest.fixture
def call(tmp_path):
    """Tell a function that is written for this test of some events."""

    def told(code, *events, function="told", **options):
        (tmp_path / "mine.py").write_text(code)
        calls = Calls(tmp_path)
        return calls.deliver(hook(call=f"mine:{function}", **options), events or [waiting(1)])

    return told


def test_a_function_gets_each_event_as_plain_values(call, tmp_path):
    file = tmp_path / "told"
    code = (
        f"import json\ndef told(event): open({str(file)!r}, 'a').write(json.dumps(event) + '\\n')"
    )
    result = call(code, waiting(1, url="http://h/ü", status=200), waiting(2))
    assert result.of == {1: "", 2: ""}
    first, second = map(json.loads, file.read_text().splitlines())
    assert (first["url"], first["status"], second["id"]) == ("http://h/ü", 200, "evt_2")


def test_a_function_knows_nothing_of_the_crawler(call):
    code = (
        "import sys, os\n"
        "def told(event):\n"
        "    assert not [one for one in sys.modules if one.startswith(('crawler', 'gevent'))]\n"
        "    assert not [one for one in os.environ if 'CRAWLER' in one]"
    )
    assert call(code).of == {1: ""}


def test_an_exception_fails_its_event_and_leaves_the_later_ones_of_its_url(call):
    code = "def told(event):\n    if event['id'] == 'evt_1': raise KeyError('x')"
    result = call(code, waiting(1, 7), waiting(2, 7), waiting(3, 8))
    assert result.of == {1: "KeyError: 'x'", 3: ""}
    assert not result.whole


def test_what_a_module_prints_is_no_answer(call):
    assert call("import os\nprint('hello')\nos.write(1, b'x')\ndef told(event): print(1)").of == {
        1: ""
    }


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def told(event: pass", "SyntaxError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("def another(event): pass", "no attribute 'told'"),
        ("import sys; sys.exit(0)", "ended without an answer"),
        ("import os; os._exit(3)", "ended with exit code 3"),
        ("while True: pass", "was not done within 1 s"),
    ],
)
def test_a_module_that_cannot_be_imported_fails_whatever_the_event(call, code, reason):
    result = call(code, waiting(1), waiting(2), timeout="1s")
    assert result.whole
    assert reason in result.of[1]
    assert result.of.keys() == {1, 2}


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("raise SystemExit(2)", "ended with exit code 2"),
        ("os._exit(0)", "ended without an answer"),
        ("os.kill(os.getpid(), 9)", "was killed by signal 9"),
        ("while True: pass", "was not done within 1 s"),
    ],
)
def test_an_event_with_which_the_process_ends_fails_alone(call, end, reason):
    code = f"import os\ndef told(event):\n    if event['id'] == 'evt_2': {end}"
    if "while" in end:
        code = code.replace(": while", ":\n        while")
    result = call(code, waiting(1), waiting(2), waiting(3), timeout="1s")
    assert result.of[1] == ""
    assert reason in result.of[2]
    assert 3 not in result.of


def test_each_event_has_its_own_time(call):
    code = "import time\ndef told(event): time.sleep(0.5)"
    assert set(call(code, *map(waiting, range(4)), timeout="1500ms").of.values()) == {""}
