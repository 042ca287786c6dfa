"""Lines for people: one for each visit, as wide as the terminal, in colours where that has some."""

import fcntl
import os
import pty
import struct
import termios

import pytest

from crawler.log import open_log
from crawler.log.readable import Readable, cut

VISIT = {
    "timestamp": "2026-11-28T20:31:05.000001Z", "level": "warning", "event": "visit", "process": 3,
    "job": "j", "url": "http://h/" + "a" * 300, "host": "h:80", "kind": "http_error",
    "status": 500, "verdict": "dead", "reason": "HTTP status 500",
}  # fmt: skip


class Terminal:
    """A terminal with a log on it."""

    def __init__(self, columns):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def read(self):
        return os.read(self.master, 1 << 16).decode()

    def close(self):
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal(columns=50)
    yield terminal
    terminal.close()


def shown(terminal):
    log, lines = open_log("info", "auto", terminal.slave)
    log.warning("visit", **{name: VISIT[name] for name in ("kind", "status", "verdict", "url")})
    lines.close(0)
    return terminal.read()


def test_a_narrow_terminal_gets_one_line_a_visit(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    line, end = shown(terminal).split("\r\n")
    assert end == ""
    assert len(line) == 50
    assert line[9:] == "http_error 500 dead http://h/aaaaaaaaaaa…"


def test_a_terminal_has_colours(terminal):
    assert "\x1b[33mhttp_error 500 dead" in shown(terminal)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "")])
def test_a_terminal_has_no_colours_for_whom_that_says_so(terminal, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert "\x1b" not in shown(terminal)


def test_an_empty_no_color_says_nothing(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b[33m" in shown(terminal)


def test_a_line_has_date_and_process_where_several_are_read_together():
    readable = Readable(colours=False, dated=True, named=True)
    assert readable.line(VISIT).startswith("2026-11-28 20:31:05 3 http_error 500 dead http://h/")


def test_another_event_has_its_level_and_its_fields():
    record = {
        "timestamp": "2026-11-28T20:31:05Z", "level": "error", "event": "list.failed",
        "process": 3, "job": "j", "cause": "not there", "exception": "Traceback\n  here",
    }  # fmt: skip
    assert Readable(colours=False).line(record) == (
        '20:31:05 ERROR list.failed job=j cause="not there"\n    Traceback\n      here'
    )


@pytest.mark.parametrize("width", [20, 21, 22, 33])
@pytest.mark.parametrize("text", ["日本語" * 20, "a日" * 20, "é" * 60, "x" * 60])
def test_a_line_is_cut_to_the_columns_that_there_are(text, width):
    wide = sum(
        2 if character == "日" or ord(character) > 0x2FFF else 1 for character in cut(text, width)
    )
    assert width - 1 <= wide <= width
    assert cut(text, None) == text


@pytest.mark.parametrize("name", ["url", "reason", "path", "kind", "retry_at", "timestamp"])
def test_no_field_moves_the_cursor(name):
    record = {**VISIT, "verdict": "again", name: "\x1b[2J\x9b\r\n"}
    assert Readable(colours=False).line(record, 1000).isprintable()
