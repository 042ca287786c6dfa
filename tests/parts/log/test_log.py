"""A line of the log is one whole line, whatever is logged."""

import fcntl
import json
import os
import re

import gevent
import pytest

from crawler.log import MAX_LINE_BYTES, open_log

_OURS = re.compile(r"\x1b\[[0-9;]*m")
"""The colours of the console renderer."""


@pytest.fixture(params=["json", "console"])
def log(request, pipe):
    log, lines = open_log("info", request.param, pipe.writer)
    yield log
    lines.close(0)


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


def test_the_level_of_single_events_is_their_own(pipe, json_log):
    json_log.set_levels("warning", {"visit": "debug", "progress": "error"})
    json_log.debug("visit")
    json_log.info("job.synced")
    json_log.warning("progress")
    json_log.error("progress")
    assert [json.loads(line)["event"] for line in pipe.read()] == ["visit", "progress"]


def test_every_line_has_the_process_and_its_pid_until_it_has_a_number(pipe):
    log, lines = open_log("info", "json", pipe.writer)
    log.info("first")
    log.come_from(0)
    log.info("second")
    log.come_from(7)
    lines.dropped = 1
    log.info("third")
    told = [json.loads(line) for line in pipe.read()]
    assert [(one["event"], one.get("process"), one.get("pid")) for one in told] == [
        ("first", None, None), ("second", 0, os.getpid()), ("log.dropped", 7, None),
        ("third", 7, None),
    ]  # fmt: skip


def test_a_pipe_is_written_json_to_where_the_style_is_left_to_us(pipe):
    open_log("info", "auto", pipe.writer)[0].info("hello")
    assert json.loads(pipe.read()[0])["event"] == "hello"


def test_a_console_line_has_colours_for_a_terminal_alone(pipe):
    open_log("info", "console", pipe.writer)[0].warning("hello")
    assert "\x1b" not in pipe.read()[0]


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
    log.info("list.shrunk", **fields)
    (line,) = pipe.read()
    assert len(line.encode()) < MAX_LINE_BYTES
    assert "list.shrunk" in line


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
