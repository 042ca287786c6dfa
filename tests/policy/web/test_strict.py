"""Requests that servers and proxies read in two ways are none."""

from email.message import Message

import pytest

from crawler.web.strict import check_fields, check_line, origin_form


def headers(**fields):
    found = Message()
    for name, values in fields.items():
        for one in values:
            found[name.replace("_", "-")] = one
    return found


@pytest.mark.parametrize(
    "line", [b"Host: a\r\n", b"X:\r\n", b"X: a b\tc\n", b"\r\n", b"\n", b"X: \xff:\r\n"]
)
def test_a_line_is_a_field_or_the_end(line):
    check_line(line)


@pytest.mark.parametrize(
    "line",
    [
        b" folded\r\n", b"\tfolded\r\n", b"X : a\r\n", b"X\t: a\r\n", b": a\r\n", b"X\r\n", b"",
        b"X: a\rY: b\r\n", b"X: a\0\r\n", b"X: a", b"X(: a\r\n", b" X: a\r\n",
    ],
)  # fmt: skip
def test_a_line_that_is_neither_is_refused(line):
    with pytest.raises(ValueError, match="RFC 9112"):
        check_line(line)


@pytest.mark.parametrize("length", ["0", "2", " 12\t"])
def test_a_length_is_digits(length):
    check_fields(headers(Content_Length=[length], Host=["a"]))


@pytest.mark.parametrize(
    "fields",
    [
        *({"Content_Length": [one]} for one in ("+2", "-2", "2, 2", "", "1_0", "0x2", "\u0662")),
        {"Content_Length": ["2", "2"]},
        {"Content_Length": ["2", "3"]},
        {"Host": ["a", "a"]},
    ],
)
def test_lengths_and_hosts_that_leave_a_choice_are_refused(fields):
    with pytest.raises(ValueError, match=r"twice|no number"):
        check_fields(headers(**fields))


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        ("/a?b", "/a?b", "old"),
        ("*", "*", "old"),
        ("http://new:80/a?b", "/a?b", "new:80"),
        ("HTTP://new", "/", "new"),
        ("http://new?b", "/?b", "new"),
    ],
)
def test_the_host_of_a_whole_url_takes_the_place_of_the_field(target, path, host):
    found = headers(Host=["old"])
    assert origin_form(target, found) == path
    assert found.get_all("host") == [host]


@pytest.mark.parametrize("target", ["a", "new:443", "https://new/", "http://u@new/", "http:///a"])
def test_other_targets_are_refused(target):
    with pytest.raises(ValueError, match="neither"):
        origin_form(target, headers(Host=["old"]))
