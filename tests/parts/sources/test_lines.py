"""What stands between two line ends, and what of it is a URL."""

import re

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st

from crawler.seeder.seeds import seed_of
from crawler.sources.lines import cut
from crawler.urls import listed
from tests.parts.sources.readings import job, told, write


@seed(4)
@given(st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bc", b"", None]), max_size=30))
def test_lines_are_the_same_however_they_come(parts):
    whole = b"".join(filter(None, parts))
    expected = re.split(rb"\r\n|\n|\r", whole)
    found = [line for block in cut(iter(parts)) for line in block or ()]
    assert found == (expected if expected[-1] else expected[:-1])


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_line_ends_with_lf_crlf_or_cr(end, one, tmp_path):
    file = write(tmp_path, "list", end.join([b"http://h/1", b"http://h/2", b"", b"http://h/3"]))
    assert [url for url, _ in told(one(url_file=file))[0]] == [f"http://h/{n}" for n in (1, 2, 3)]


TAILS = "\u00a0", "\u200b", "\ufeff", " \u3000", "\u202c"


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list", "%s\n"),
        ("list.csv", "url,n\n%s,1\n"),
        ("list.jsonl", '{"url": "%s"}\n'),
        ("list.json", '["%s"]'),
    ],
)
def test_invisible_characters_around_a_url_are_cut(name, content, tail, one, tmp_path):
    file = write(tmp_path, name, content.replace("%s", f"\ufeffhttp://h/1{tail}"))
    good, bad, error = told(one(url_file=file))
    assert ([url for url, _ in good], bad, error) == (["http://h/1"], [], None)


def test_the_mark_that_ends_a_file_of_dos_is_no_line(one, tmp_path):
    file = write(tmp_path, "list", "http://h/1\r\n\x1a")
    assert told(one(url_file=file)) == ([("http://h/1", {})], [], None)


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("http://h/1 # a note", "http://h/1"), ("http://h/1\t#note http://h/2", "http://h/1"),
        ("http://h/1#part", "http://h/1#part"), ("http://h/1\u00a0# note", "http://h/1"),
        ("  # http://h/no", None), ("\ufeff# http://h/no", None),
        (b"http://h/1 # caf\xe9", "http://h/1"),
    ],
)  # fmt: skip
def test_a_note_stands_behind_a_url_after_white_space(line, url, one, tmp_path):
    line = line if isinstance(line, bytes) else line.encode()
    good, bad, error = told(one(url_file=write(tmp_path, "list", line + b"\n")))
    assert ([url for url, _ in good], bad, error) == ([url] if url else [], [], None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://h/a\tb", "it holds a TAB"), ("http://h/a b", "it holds a space"),
        ("http://h/\x01", "it holds the character U+0001"), ("ht\ntp://h/", "it holds a line end"),
        ("http://h/a\rb", "it holds a CR"), ("http://h/a\u2003b", "it holds the character U+2003"),
        ("http://h/a\u00a0b", "it holds the character U+00A0"), ("http://h/\0x", "it holds a NUL"),
        ("http://h/a http://h/b", "it holds two URLs"), ("http://h http://g", "it holds two URLs"),
        ("http://h/1,https://h/2", "it holds two URLs"), ("http://h/1http://h/2", "it holds two"),
        ("http://h/1\thttp://h/2", "it holds two URLs"), ("http://h/1;HTTP://h/2", "it holds two"),
    ],
)  # fmt: skip
def test_white_space_and_a_second_url_make_a_line_bad(text, reason):
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}"):
        listed(text)
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}"):
        seed_of(job(name="j"), text, {})


@pytest.mark.parametrize(
    "url",
    [
        "http://h/?u=http://g/", "http://h/web/2020/http://g/", "http://h/?a,http://g/",
        "http://h/%2Fhttp://g/", "http://h/a%20b", "http://h/login#http://g",
        "http://h/\u200dx", "https://h/é",
    ],
)  # fmt: skip
def test_a_url_within_a_url_is_one(url):
    assert listed(url).startswith(url[:8])
