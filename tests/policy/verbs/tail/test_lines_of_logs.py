"""Lines of logs, sound or damaged: each is read, none stops the reader."""

import io

import pytest

from crawler.verbs.tail.lines import MAX_BYTES, line_of, lines_of

SOUND = b'{"timestamp": "2026-11-28T20:31:05.1Z", "level": "info", "event": "visit"}\n'


def test_a_line_has_its_time_and_its_fields():
    line = line_of(SOUND)
    assert (line.at, line.record["event"]) == ("2026-11-28T20:31:05.1Z", "visit")


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\xff\xfe", b"{", b"[1]", b'{"level": "info"}', b'{"event": 3}', b"[" * 60_000,
        b'{"event": "visit", "n": ' + b"9" * 5000 + b"}", SOUND[:40], b"\0" * 100,
    ],
)  # fmt: skip
def test_what_is_no_line_of_ours_has_the_time_of_the_line_before(raw):
    line = line_of(raw, "2026-11-28")
    assert (line.at, line.record) == ("2026-11-28", None)
    assert line.text.isprintable()


def test_a_time_that_is_none_is_not_believed():
    assert line_of(b'{"event": "visit", "timestamp": "z"}', "before").at == "before"


def test_controls_of_a_damaged_line_are_taken_out_and_the_rest_is_as_it_is():
    assert line_of(b"\x1b[31mred\x07 {\xc3\xa9\n").text == "\ufffd[31mred\ufffd {é"


def test_a_line_without_an_end_comes_in_pieces():
    pieces = [*lines_of(io.BytesIO(SOUND + b"x" * (MAX_BYTES + 1)).readline)]
    assert [len(line.text) for line in pieces[1:]] == [MAX_BYTES, 1]
    assert {line.at for line in pieces} == {"2026-11-28T20:31:05.1Z"}
