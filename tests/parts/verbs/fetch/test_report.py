"""Bars on a terminal step aside for lines of the log: nothing is torn."""

import fcntl
import io
import json
import os
import pty
import re
import select
import struct
import sys
import termios

import gevent
import pytest

from crawler.log import open_log
from crawler.model import Kind, Outcome, Task
from crawler.records import Dead, Done, Settlement
from crawler.verbs import demo
from crawler.verbs.fetch.report import Report

TASK = Task(1, "local", "http://h/1", "http://h/1", "h:80", 1, 1, attempt=1)
LOGGED = {"timestamp": "2026-11-28T20:31:05.0Z", "level": "warning", "event": "host.rested"}
VISIT = {"event": "visit", "level": "info", "job": "local", "verdict": "done", "kind": "stored"}


@pytest.fixture
def terminal(monkeypatch):
    """A terminal: the stream on it, and its other end."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with os.fdopen(slave, "w") as stream:
        yield stream, master
    os.close(master)


def seen(master: int) -> list[str]:
    r"""Return the lines as a terminal shows them: a \r begins a line anew, and writes over it."""
    data = b""
    while select.select([master], [], [], 0.2)[0]:
        data += os.read(master, 1 << 16)
    lines = []
    for line in re.sub(r"\x1b\[A", "", data.decode()).split("\r\n"):
        columns: list[str] = []
        for piece in line.split("\r"):
            text = piece.replace("\x1b[K", "")
            columns = [] if "\x1b[K" in piece else columns
            columns[: len(text)] = text
        lines.append("".join(columns).rstrip())
    return lines


def test_a_line_of_the_log_stands_above_the_bar_of_fetch(terminal, monkeypatch):
    stream, master = terminal
    monkeypatch.setattr(sys, "stderr", stream)
    report = Report("bar")
    log, lines = open_log("warning", "console", sys.stderr.fileno())
    lines.around = report.aside
    report.bar.start()
    report.visited(Settlement(TASK, Outcome(Kind.STORED), Done(), 0.0), 9)
    log.warning("host.rested", host="h:80")
    told, bar = seen(master)
    report.bar.stop()
    assert told[9:] == "WARNING host.rested host=h:80"
    assert bar.startswith(" 11%")


def test_lines_of_the_log_and_a_bar_that_ticks_do_not_tear_each_other(terminal, monkeypatch):
    stream, master = terminal
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr("crawler.verbs.fetch.bar.TICK_S", 0.001)
    report = Report("bar")
    log, lines = open_log("warning", "console", sys.stderr.fileno())
    lines.around = report.aside
    arrived = iter(range(10**6))
    report.bar.arrived = lambda: next(arrived)
    report.bar.start()
    for number in range(40):
        log.warning("host.rested", host=f"h:{number}")
        gevent.sleep(0.003)
    report.bar.stop()
    told = [line[9:] for line in seen(master) if "WARNING" in line]
    assert told == [f"WARNING host.rested host=h:{number}" for number in range(40)]


def test_the_bar_shows_failures_bytes_and_their_rate_while_no_visit_ends(terminal, monkeypatch):
    stream, master = terminal
    monkeypatch.setattr(sys, "stderr", stream)
    report, arrived = Report("bar"), [0]
    report.bar.arrived = lambda: arrived[0]
    report.begin("")
    report.visited(Settlement(TASK, Outcome(Kind.DNS), Dead(""), 0.0), 9)
    arrived[0] = 5_000_000
    shown = b""
    with gevent.Timeout(30):
        while not (b"5.0 MB, " in shown and b"[00:01" in shown):
            gevent.sleep(0.05)
            if select.select([master], [], [], 0)[0]:
                shown += os.read(master, 1 << 16)
    report.bar.stop()
    assert b"1 failed, 5.0 MB, " in shown
    assert b" 1/9 [" in shown


def test_a_line_of_the_log_stands_above_the_bar_of_the_demo(terminal, monkeypatch):
    stream, master = terminal
    monkeypatch.setattr(sys, "stderr", stream)
    lines = "".join(json.dumps(one) + "\n" for one in (VISIT, LOGGED, VISIT))
    sums = demo._follow(io.BytesIO(lines.encode()))
    told, rest = seen(master)
    assert told == "20:31:05 WARNING host.rested"
    assert rest == ""
    assert sums["local", "ok"] == 2
