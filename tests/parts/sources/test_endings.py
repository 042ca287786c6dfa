"""Whether a file ends as its format ends: every kind whole, and broken off at every byte."""

import gzip
import os
from functools import partial

import pytest

from crawler.sources.endings import ended, ends
from tests.parts.sources.readings import write
from tests.parts.sources.shelf import sitemap

LINES = b"http://h/1\nhttp://h/2\n"
ARRAY = b'\xef\xbb\xbf [\n{"url": "http://h/1"}, "http://h/2"\n]\n'
packed = partial(gzip.compress, mtime=0)
"""Every process of xdist names its tests alike."""


def told(tmp_path, content):
    descriptor = os.open(write(tmp_path, "list", content), os.O_RDONLY)
    try:
        os.lseek(descriptor, 3, os.SEEK_SET)
        answer = ended(descriptor)
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0
        return answer
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    "content",
    [
        LINES, LINES.replace(b"\n", b"\r"), LINES.replace(b"\n", b"\r\n"), ARRAY, ARRAY.strip(),
        sitemap("http://h/1"), sitemap("http://h/1") + b"\n\n", LINES.decode().encode("utf-16"),
        b"http://h/\n" * 10_000, packed(LINES), packed(ARRAY) + packed(b"\n"),
        packed(b"http://h/1") + packed(b"\n"), packed(LINES) + bytes(512),
    ],
)  # fmt: skip
def test_a_file_that_is_whole_ends_as_its_format_ends(content, tmp_path):
    assert told(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (b"http://h/1\n", 11),
        (ARRAY.rstrip(), None),
        (packed(LINES), None),
        (sitemap("http://h/1"), None),
    ],
)
def test_a_file_that_breaks_off_anywhere_does_not(content, whole, tmp_path):
    assert [at for at in range(len(content)) if told(tmp_path, content[:at])] == []
    assert told(tmp_path, content[:whole])


def test_a_gzip_ends_with_its_last_member_whatever_is_in_it(tmp_path):
    assert told(tmp_path, packed(b"http://h/1\nhttp://h/2"))
    assert told(tmp_path, packed(LINES) + packed(b"http://h/3"))
    assert not told(tmp_path, packed(LINES) + packed(b"http://h/3")[:-1])


def test_a_broken_gzip_will_not_get_better(tmp_path):
    assert told(tmp_path, packed(LINES)[:-8] + bytes(8))


def test_the_head_tells_the_format_and_the_tail_the_end():
    assert ends(b"[", b"]")
    assert not ends(b"[", b"\n")
    assert ends(b"http://h/[1]\n", b"http://h/[1]\n")
    assert not ends(b"<urlset>", b"</urlset")
    assert not ends(b"", b"")
