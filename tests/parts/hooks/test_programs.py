"""Programs that are told of events."""

import json
import os
import sys

import psutil
import pytest

from crawler.hooks.programs import arguments_of, deliver
from tests.parts.hooks.scenes import hook, waiting
from tests.program import until


def run(code, *arguments, events=None, **options):
    told = hook(run=[sys.executable, "-c", code, *arguments], **options)
    return deliver(told, events or [waiting(1, url="http://h/x")])


def test_a_program_gets_arguments_variables_and_the_event_itself(tmp_path, monkeypatch):
    monkeypatch.setenv("PRIVATE", "of the daemon")
    file = tmp_path / "told"
    code = (
        "import json, os, sys\n"
        "json.dump([sys.argv[2:], dict(os.environ), sys.stdin.read()], open(sys.argv[1], 'w'))"
    )
    event = waiting(1, url="http://h/x", status=200)
    assert run(code, str(file), "{url}", "{path}", "{event}:{status}", events=[event]).of == {1: ""}
    arguments, environment, given = json.loads(file.read_text())
    assert arguments == ["http://h/x", "", "stored:200"]
    assert environment["CRAWLER_URL"] == "http://h/x"
    assert environment["PATH"] == os.environ["PATH"]
    assert "PRIVATE" not in environment
    assert json.loads(given) == json.loads(event.body)


def test_a_value_is_one_argument_and_never_read_as_a_template():
    event = {"url": "http://h/{id} ;$(x)", "id": "evt_1"}
    assert arguments_of(["{url}", "--to={id}"], event) == ["http://h/{id} ;$(x)", "--to=evt_1"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('no room')", "ended with exit code 1: no room"),
        ("import os; os.kill(os.getpid(), 9)", "was killed by signal 9"),
        ("import time; time.sleep(60)", "was not done within 0.5 s; timeout gives it more"),
        ("while True: print('x' * 9999)", "was not done within 0.5 s"),
    ],
)
def test_a_program_that_fails_hangs_or_never_stops_talking_is_a_failure(code, reason):
    result = run(code, timeout="500ms")
    assert result.of[1].startswith(reason)
    assert not result.whole


def test_a_program_that_says_much_and_ends_well_has_done_its_work():
    assert run(
        "import sys\nfor n in range(20000): print('x' * 99); print('y', file=sys.stderr)"
    ).of == {1: ""}


@pytest.mark.parametrize("ends", [True, False])
def test_what_a_program_leaves_behind_ends_with_it(tmp_path, ends):
    file = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(file)!r}, 'w').write(str(child.pid))\n"
    )
    run(code + ("" if ends else "time.sleep(60)"), timeout="2s")
    until(lambda: not _lives(int(file.read_text())), "the child lives")


def _lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_program_that_is_not_there_fails_whatever_the_event():
    result = deliver(hook(run=["/no/such/program"]), [waiting(1), waiting(2)])
    assert result.whole
    assert result.of[2] == "cannot be started: No such file or directory"


def test_after_a_failure_the_later_events_of_its_url_are_not_tried():
    code = "import sys; sys.exit(sys.argv[1] == 'evt_2')"
    events = [waiting(1, 7), waiting(2, 7), waiting(3, 7), waiting(4, 8)]
    result = run(code, "{id}", events=events)
    assert {one: not reason for one, reason in result.of.items()} == {1: True, 2: False, 4: True}
