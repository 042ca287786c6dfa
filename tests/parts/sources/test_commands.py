"""The lines of a program: one that fails, hangs, forks or prints garbage."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing

import gevent
import psutil
import pytest

from crawler.sources import SourceError
from crawler.sources.lines import MAX_LINE_BYTES
from tests.parts.sources.readings import told, urls, write
from tests.parts.ticker import GAP_S
from tests.program import until


def program(code, *arguments, timeout=10.0):
    return {"command": (sys.executable, "-c", code, *arguments), "command_timeout": timeout}


def test_a_command_lists_the_lines_it_prints(one):
    source = one(command=("printf", "http://h/%s\n", "1", "# 2", "a b;$HOME"))
    assert source.name == "command:printf"
    assert urls(source) == ["http://h/1", "http://h/# 2", "http://h/a b;$HOME"]
    assert source.version() == source.version_read == ""
    assert source.where(3).endswith(":3")


def test_a_command_that_fails_gives_its_lines_and_then_the_end_of_its_complaints(one):
    code = """
import sys
print("http://h/1", flush=True)
for n in range(100_000): print("warning", n, file=sys.stderr)
print("no such\\n\\n table", file=sys.stderr)
sys.exit(3)
"""
    good, bad, error = told(one(**program(code)))
    assert (good, bad) == ([("http://h/1", {})], [])
    assert error.endswith(": ended with exit code 3: warning 99999 / no such /  table")
    assert error.startswith("command:")


def test_a_command_that_is_killed_says_by_what(one):
    error = told(one(command=("sh", "-c", "kill -9 $$")))[2]
    assert error == "command:sh: was killed by signal 9"


def test_a_command_that_is_not_there_is_an_error(one, tmp_path):
    assert told(one(command=("/no/such/program", "x")))[2] == (
        "command:/no/such/program: cannot be started: No such file or directory"
    )
    file = write(tmp_path, "script", "echo")
    assert told(one(command=(str(file),)))[2].endswith("cannot be started: Permission denied")


def running(mark):
    """Return the processes whose command line holds a mark."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.pid != os.getpid() and mark in (process.info["cmdline"] or ())
    ]


def await_end(mark):
    """Wait for the end of such processes: a killed one that is no child of ours takes a moment."""
    until(lambda: not running(mark), "the command goes on")


@pytest.mark.parametrize(
    "code",
    [
        "while True: time.sleep(1)",
        "sys.stdout.close(); time.sleep(60)",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
        "subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)', mark])",
        "[print('http://h/', flush=True) for _ in iter(int, 1)]",
        "[(print('x', end='', flush=True), time.sleep(.01)) for _ in iter(int, 1)]",
        "[print('x' * 99999, end='') for _ in iter(int, 1)]",
    ],
)
def test_a_command_that_hangs_is_killed_with_all_it_started(code, one, ticker):
    mark = f"mark-{time.monotonic_ns()}"
    head = (
        "import signal, subprocess, sys, time\nmark = sys.argv[1]\n"
        "print('http://h/1', flush=True)\n"
    )
    began = time.monotonic()
    with closing(one(**program(head + code, mark, timeout=2)).read("")) as blocks:
        assert next(blocks)[0] == b"http://h/1"
        assert running(mark)
        with pytest.raises(SourceError, match=r"was not done within 2 s; command_timeout"):
            for _ in blocks:
                pass
    assert time.monotonic() - began < 5
    await_end(mark)
    assert ticker.longest < GAP_S


def test_a_command_whose_lines_are_no_longer_wanted_ends(one):
    mark = f"mark-{time.monotonic_ns()}"
    code = "[print('http://h/') for _ in iter(int, 1)]"
    source = one(**program(code, mark))
    with closing(source.read("")) as blocks:
        next(blocks)
    await_end(mark)
    reading = gevent.spawn(urls, one(**program("import time; time.sleep(60)", mark)))
    until(lambda: running(mark), "the command does not start")
    reading.kill()
    await_end(mark)


def test_a_command_that_prints_garbage_has_bad_lines_only(one):
    code = (
        "import os, sys; w = sys.stdout.buffer.write; w(bytes(range(256)) * 100 + b'\\n');"
        "w(b'http://h/2\\n'); w(b'x' * 5_000_000 + b'\\n'); w(b'\\xff\\xfe\\n'); w(b'http://h/5')"
    )
    good, bad, error = told(one(**program(code)))
    assert error is None
    assert [url for url, _ in good][-2:] == ["http://h/2", "http://h/5"]
    assert any(reason == f"it is longer than {MAX_LINE_BYTES} bytes" for _, reason in bad)
    assert any(reason == "it is not UTF-8" for _, reason in bad)


def test_a_command_gets_no_input_and_no_shell(one):
    code = "import sys; print('http://h/' + sys.stdin.read() + sys.argv[1])"
    assert urls(one(**program(code, "$(id);*"))) == ["http://h/$(id);*"]


def test_a_command_that_leaves_something_running_in_the_background_has_ended(one):
    mark = f"mark-{time.monotonic_ns()}"
    code = f"sleep 30 {mark[:0]}>/dev/null 2>&1 & echo http://h/$!"
    source = one(command=("sh", "-c", code))
    (url,) = urls(source)
    os.kill(int(re.sub(r"\D", "", url)), signal.SIGKILL)


DAEMON = """
import sys
from crawler.sources.contract import Fields
from crawler.sources.commands import Command
mark, code = sys.argv[1:]
for block in Command(
    (sys.executable, "-c", code, mark), 60.0, Fields("", frozenset(), frozenset())
).read(""):
    print(block, flush=True)
"""
CHILDREN = """
import signal, subprocess, sys, time
{ignore}
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", sys.argv[1]])
print("http://h/", flush=True)
child.wait()
"""


@pytest.mark.parametrize("ignore", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
def test_a_command_and_all_it_started_end_with_a_process_that_is_killed(ignore):
    mark = f"mark-{time.monotonic_ns()}"
    code = CHILDREN.format(ignore=ignore)
    arguments = (sys.executable, "-c", DAEMON, mark, code)
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout.readline() == b"[b'http://h/']\n"
        until(lambda: len(running(mark)) == 3, "its child has not begun")
        daemon.kill()
    await_end(mark)


def without_guard(daemon):
    """Kill the guard of the one program of a process."""
    guards = [one for one in psutil.Process(daemon.pid).children() if one.cmdline()[0] == "/bin/sh"]
    assert len(guards) == 1
    guards[0].kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills with the parent")
def test_a_program_ends_with_a_process_that_is_killed_also_where_its_guard_was():
    mark = f"mark-{time.monotonic_ns()}"
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('http://h/', flush=True); time.sleep(60)"
    )
    arguments = (sys.executable, "-c", DAEMON, mark, code)
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout.readline() == b"[b'http://h/']\n"
        without_guard(daemon)
        daemon.kill()
    await_end(mark)


HASTY = """
import gevent, sys
from crawler.sources.contract import Fields
from crawler.sources.commands import Command
mark, code = sys.argv[1:]
def read():
    for block in Command(
        (sys.executable, "-c", code, mark), 60.0, Fields("", frozenset(), frozenset())
    ).read(""):
        print(block, flush=True)
reading = gevent.spawn(read)
gevent.get_hub().threadpool.apply(sys.stdin.readline)
reading.kill(timeout=0.1)
"""


def test_a_group_ends_with_a_process_that_leaves_in_haste_also_where_its_guard_was_killed():
    mark = f"mark-{time.monotonic_ns()}"
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    code = CHILDREN.format(ignore=ignore).replace(
        "import time;", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    )
    arguments = (sys.executable, "-c", HASTY, mark, code)
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe) as daemon:
        assert daemon.stdout.readline() == b"[b'http://h/']\n"
        until(lambda: len(running(mark)) == 3, "its child has not begun")
        without_guard(daemon)
        daemon.stdin.close()
        assert daemon.wait(20) == 0
    await_end(mark)


def test_no_guard_is_left_of_a_command_that_has_ended(one):
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    assert urls(one(command=("echo", "http://h/1"))) == ["http://h/1"]
    told(one(command=("/no/such/program",)))
    assert {process.pid for process in psutil.Process().children(recursive=True)} <= before
