import fcntl
import json
import os
import re
import subprocess
import sys
import time

import gevent
import pytest
from gevent.socket import wait_read

from crawler.log import MAX_BACKLOG, MAX_LINE_BYTES, Lines, open_log

DEADLINE = 10
_OURS = re.compile(r"\x1b\[[0-9;]*m")
"""The colours of the console renderer."""


class Pipe:
    """A pipe with a log at its one end and us at the other."""

    def __init__(self):
        self.reader, self.writer = os.pipe()
        self.filled = 0

    def fill(self):
        """Leave no room."""
        os.set_blocking(self.writer, False)
        try:
            while True:
                self.filled += os.write(self.writer, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(self.writer, True)

    def read(self):
        """Return the lines that are there."""
        data = os.read(self.reader, 1 << 20)
        assert data.endswith(b"\n")
        return data.decode().splitlines()

    def follow(self, last):
        """Read, as a patient reader does, until a line has come; return all lines."""
        data, at = b"", self.filled
        with gevent.Timeout(DEADLINE):
            while last not in data[at:]:
                wait_read(self.reader)
                data += os.read(self.reader, 1 << 20)
        assert data.endswith(b"\n")
        return data[at:].decode().splitlines()


@pytest.fixture
def pipe():
    pipe = Pipe()
    yield pipe
    for descriptor in (pipe.reader, pipe.writer):
        os.close(descriptor)


@pytest.fixture
def lines(pipe):
    lines = Lines(pipe.writer)
    yield lines
    if lines._flusher:
        lines._flusher.kill()


@pytest.fixture(params=["json", "console"])
def log(request, pipe):
    log, lines = open_log("info", request.param, pipe.writer)
    yield log
    if lines._flusher:
        lines._flusher.kill()


@pytest.fixture
def json_log(pipe):
    return open_log("info", "json", pipe.writer)[0]


def test_a_line_is_an_object_that_says_when_how_bad_and_what(pipe, json_log):
    json_log.info("visit", url="http://h/é", status=200, reason=None, path="日")
    (line,) = pipe.read()
    told = json.loads(line)
    assert list(told)[:3] == ["timestamp", "level", "event"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", told["timestamp"])
    del told["timestamp"]
    assert told == {
        "level": "info", "event": "visit", "url": "http://h/é", "status": 200, "path": "日"
    }  # fmt: skip


def test_what_is_below_the_level_is_not_written(pipe, json_log):
    json_log.debug("detail")
    json_log.warning("trouble")
    assert [json.loads(line)["event"] for line in pipe.read()] == ["trouble"]


def test_a_pipe_is_written_json_to_where_the_style_is_left_to_us(pipe):
    open_log("info", "auto", pipe.writer)[0].info("hello")
    assert json.loads(pipe.read()[0])["event"] == "hello"


def test_a_full_pipe_never_blocks_the_hub(pipe, lines):
    pipe.fill()
    ticks = []
    ticker = gevent.spawn(lambda: [ticks.append(gevent.sleep(0.001)) for _ in range(100)])
    with gevent.Timeout(DEADLINE):
        for number in range(100):
            lines.msg(f"line {number}")
            gevent.sleep(0)
        ticker.join()
    assert len(ticks) == 100
    assert pipe.follow(b"line 99\n") == [f"line {number}" for number in range(100)]


def test_the_backlog_is_bounded_and_the_loss_is_told(pipe, lines):
    pipe.fill()
    for number in range(MAX_BACKLOG + 700):
        lines.msg(f"line {number}")
    assert len(lines._backlog) == MAX_BACKLOG
    *got, last = pipe.follow(b"log.dropped")
    assert got == [f"line {number}" for number in range(MAX_BACKLOG)]
    assert (json.loads(last)["level"], json.loads(last)["lines"]) == ("warning", 700)


def test_the_loss_is_told_in_a_line_like_any_other(pipe, lines):
    pipe.fill()
    for number in range(MAX_BACKLOG + 1):
        lines.msg(f"line {number}")
    (loss,) = [line for line in pipe.follow(b"log.dropped") if "log.dropped" in line]
    assert list(json.loads(loss))[:3] == ["timestamp", "level", "event"]


def test_telling_the_loss_waits_for_room_too(pipe, lines):
    fcntl.fcntl(pipe.writer, fcntl.F_SETPIPE_SZ, MAX_LINE_BYTES)
    pipe.fill()
    lines.put(b"x" * (MAX_LINE_BYTES - 1))
    lines.dropped = 3
    with gevent.Timeout(DEADLINE):
        os.read(pipe.reader, MAX_LINE_BYTES)
        while lines._flusher:  # it writes what waits, and the pipe is full again
            gevent.sleep(0.001)
    os.read(pipe.reader, MAX_LINE_BYTES)
    lines.msg("next")
    loss, last = pipe.read()
    assert (json.loads(loss)["lines"], last) == (3, "next")


def test_a_reader_that_is_gone_hurts_nobody(lines, pipe):
    reader, pipe.reader = pipe.reader, os.dup(pipe.writer)
    os.close(reader)
    for number in range(100):
        lines.msg(f"line {number}")
    lines.close(1)


def test_a_reader_that_goes_while_lines_wait_does_not_freeze_the_hub():
    """In a process of its own: a frozen hub has no deadline."""
    script = """
import crawler, gevent, os
from crawler.log import Lines
reader, writer = os.pipe()
os.set_blocking(writer, False)
try:
    while True:
        os.write(writer, b"x" * 4096)
except BlockingIOError:
    os.set_blocking(writer, True)
lines = Lines(writer)
lines.msg("waits")
os.close(reader)
ticker = gevent.spawn(lambda: [gevent.sleep(0.01) for _ in range(50)])
ticker.join()
lines.close(1)
print("alive")
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, timeout=5, check=False)
    assert (done.stdout, done.stderr) == (b"alive\n", b"")


def test_a_full_disk_hurts_nobody():
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        log, lines = open_log("info", "json", full)
        for number in range(100):
            log.info("visit", number=number)
        lines.close(1)
    finally:
        os.close(full)


LONG = {
    "a long url": {"url": "http://h/" + "a" * 100_000},
    "long texts": dict.fromkeys(("url", "location", "path", "reason"), "a" * 100_000),
    "control characters": dict.fromkeys(("url", "location", "path", "reason"), "\1" * 100_000),
    "wide characters": dict.fromkeys(("url", "location", "path", "reason"), "日" * 100_000),
    "emoji": dict.fromkeys(("url", "location", "path", "reason"), "😀" * 100_000),
    "a list": {"problems": ["a" * 500] * 500},
}


@pytest.mark.parametrize("fields", LONG.values(), ids=LONG)
def test_a_line_is_never_longer_than_a_pipe_takes_at_once(pipe, log, fields):
    fcntl.fcntl(pipe.writer, fcntl.F_SETPIPE_SZ, 1 << 20)
    log.info("visit", **fields)
    (line,) = pipe.read()
    assert len(line.encode()) < MAX_LINE_BYTES
    assert "visit" in line


def test_a_line_that_was_cut_says_so_and_is_whole_json(pipe, json_log):
    json_log.info("visit", **LONG["long texts"], status=200)
    told = json.loads(pipe.read()[0])
    assert told["cut"] is True
    assert told["status"] == 200
    assert told["url"].startswith("aaaa")


_HOSTILE = "a\0b\x1b]0;title\x07c\x1b[2Jd\x7fe\x9b2Jf\u0085g"
HOSTILE = {
    "a text": {"url": _HOSTILE},
    "a line that looks like ours": {"url": 'a"}\r\n{"event":"daemon.stopped"}'},
    "a list": {"problems": [_HOSTILE]},
    "an error": {"exc_info": ValueError(_HOSTILE)},
    "an object": {"cause": ValueError(_HOSTILE)},
}


@pytest.mark.parametrize("fields", HOSTILE.values(), ids=HOSTILE)
def test_control_characters_never_appear_raw(pipe, log, fields):
    log.error("visit", **fields)
    text = _OURS.sub("", "\n".join(pipe.read()))
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text) == []
    if "exc_info" not in fields:
        assert "\n" not in text


@pytest.mark.parametrize("value", ["\udcff", "a" * 5000 + "\ud800", b"\xff", object()])
def test_nothing_that_is_logged_raises(pipe, log, value):
    log.info("visit", value=value, values=[value])
    assert len(pipe.read()) == 1


def test_lines_of_many_greenlets_are_whole(pipe, json_log):
    fcntl.fcntl(pipe.writer, fcntl.F_SETPIPE_SZ, 1 << 20)

    def talk(who):
        for number in range(20):
            json_log.info("visit", who=who, number=number, text="x" * 200)
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(talk, who) for who in range(50)], raise_error=True)
    told = [json.loads(line) for line in pipe.read()]
    assert len(told) == 1000
    for who in range(50):
        assert [one["number"] for one in told if one["who"] == who] == list(range(20))


def test_closing_writes_what_waits(pipe, lines):
    pipe.fill()
    for number in range(500):
        lines.msg(f"line {number}")
    reader = gevent.spawn(pipe.follow, b"line 499\n")
    lines.close(DEADLINE)
    assert reader.get(timeout=DEADLINE) == [f"line {number}" for number in range(500)]


def test_closing_waits_no_longer_than_it_may_for_a_reader_that_does_not_read(pipe, lines):
    pipe.fill()
    lines.msg("lost")
    began = time.monotonic()
    lines.close(0.2)
    assert 0.1 < time.monotonic() - began < DEADLINE
    assert not lines._flusher


def test_closing_waits_for_a_reader_that_is_slow_as_long_as_it_reads(pipe, lines):
    for number in range(3000):  # three pipes full
        lines.msg(f"line {number} {'x' * 50}")
    got = b""

    def read():
        nonlocal got
        while b"line 2999 " not in got:
            gevent.sleep(0.15)
            wait_read(pipe.reader)
            got += os.read(pipe.reader, 32768)

    reader = gevent.spawn(read)
    lines.close(0.4)
    reader.join(DEADLINE)
    reader.kill()
    assert got.count(b"\n") == 3000


def test_closing_a_log_that_has_written_everything_takes_no_time(pipe, lines):
    lines.msg("hello")
    began = time.monotonic()
    lines.close(DEADLINE)
    assert time.monotonic() - began < DEADLINE / 2
    assert pipe.read() == ["hello"]


def test_lines_of_a_block_come_whole_in_order_and_no_longer_than_a_pipe_takes(pipe):
    log, lines = open_log("info", "json", pipe.writer)
    with lines.together():
        for number in range(100):
            log.info("visit", number=number, text="x" * 200)
    assert [json.loads(line)["number"] for line in pipe.read()] == list(range(100))


def test_lines_of_a_block_wait_for_room_like_any_other(pipe, lines):
    pipe.fill()
    with lines.together():
        for number in range(MAX_BACKLOG + 5):
            lines.msg(f"line {number}")
    *got, last = pipe.follow(b"log.dropped")
    assert got == [f"line {number}" for number in range(MAX_BACKLOG)]
    assert json.loads(last)["lines"] == 5


def test_lines_of_a_block_are_written_though_it_fails(pipe, lines):
    def fails() -> None:
        with lines.together():
            lines.msg("told")
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    lines.msg("goes on")
    assert pipe.read() == ["told", "goes on"]
