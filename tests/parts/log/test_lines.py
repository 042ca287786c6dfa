"""Lines on a descriptor: slow, full or gone, it never holds the hub up, and the loss is told."""

import fcntl
import json
import os
import subprocess
import sys
import time

import gevent
import pytest
from gevent.socket import wait_read

from crawler.log import MAX_BACKLOG, MAX_LINE_BYTES, Lines, open_log
from tests.parts.log.pipes import DEADLINE


@pytest.fixture
def lines(pipe):
    lines = Lines(pipe.writer)
    yield lines
    lines.close(0)


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
    assert lines.dropped == 700
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
    os.read(pipe.reader, MAX_LINE_BYTES)
    lines.close(DEADLINE)  # it writes what waits, and the pipe is full again
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


def test_closing_writes_what_waits(pipe, lines):
    pipe.fill()
    for number in range(500):
        lines.msg(f"line {number}")
    reader = gevent.spawn(pipe.follow, b"line 499\n")
    lines.close(DEADLINE)
    assert reader.get(timeout=DEADLINE) == [f"line {number}" for number in range(500)]


def test_closing_waits_no_longer_than_it_may_for_a_reader_that_does_not_read(pipe):
    """Its greenlet ends as well, or it would be found left behind."""
    lines = Lines(pipe.writer)
    pipe.fill()
    lines.msg("lost")
    began = time.monotonic()
    lines.close(0.2)
    assert 0.1 < time.monotonic() - began < DEADLINE


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
