"""Whether a file is whole is told by its writers and by its end."""

import gzip
import os
import signal
import subprocess
import sys
import time

import pytest

from crawler.sources.wholeness import look

WRITTEN = "another program has it open for writing"
NO_END = "its end is not there: a line end, a closing bracket, or the rest of its gzip"
LINES = b"http://h/1\nhttp://h/2\n"
linux = pytest.mark.skipif(sys.platform != "linux", reason="leases on files are Linux's")


def seen(folder, content, *, age=5.0):
    file = folder / "list"
    file.write_bytes(content)
    then = time.time() - age
    os.utime(file, (then, then))
    return look(file)


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (LINES, True),
        (LINES.replace(b"\n", b"\r\n"), True),
        (LINES.replace(b"\n", b"\r"), True),
        (LINES + b"http://h/3-and-a-h", False),
        (LINES + b"  ", True),
        (LINES.decode().encode("utf-16-le"), True),
        (b'["http://h/1", "http://h/2"]\n\n', True),
        (b'["http://h/1", "http://h/2"]', True),
        (b' \n["http://h/1",\n"http://h', False),
        (b'["http://h/1",\n', False),
        (b"\xef\xbb\xbf<urlset></urlset>", True),
        (b"<urlset><url>\n", False),
        (b"<urlset><url></url>", False),
        (b"<urlset><url>\n<lo", False),
        (gzip.compress(LINES, mtime=0), True),
        (gzip.compress(LINES, mtime=0) + gzip.compress(b"http://h/3", mtime=0), True),
        (gzip.compress(LINES * 1000, mtime=0)[:-9], False),
        (gzip.compress(LINES, mtime=0) + gzip.compress(LINES * 1000, mtime=0)[:-9], False),
        (gzip.compress(LINES, mtime=0) + bytes(512), True),
    ],
)
def test_a_list_ends_as_its_format_ends(tmp_path, content, whole):
    found = seen(tmp_path, content)
    assert found.unended == ("" if whole else NO_END)
    assert (found.wait == 0) is whole
    if not whole:
        assert 20 < found.wait <= 25
    assert seen(tmp_path, content, age=40).wait == 0


def test_an_empty_file_is_waited_for_and_is_nothing_to_tell_of(tmp_path):
    assert seen(tmp_path, b"").wait > 20
    assert seen(tmp_path, b"", age=40) == (0.0, "")


def test_a_file_that_was_written_just_now_or_will_have_been_is_waited_for(tmp_path):
    assert 0 < seen(tmp_path, LINES, age=0.0).wait <= 2
    assert 0 < seen(tmp_path, LINES, age=-0.5).wait <= 2
    assert seen(tmp_path, LINES, age=-5000).wait == 0


@linux
def test_a_file_that_somebody_has_open_for_writing_is_waited_for(tmp_path):
    file = tmp_path / "list"
    with file.open("wb") as writer:
        writer.write(LINES)
        writer.flush()
        os.utime(file, (1, time.time() - 5))
        found = look(file)
        assert found.unended == WRITTEN
        assert found.wait > 20
        os.utime(file, (1, time.time() - 40))
        assert look(file) == (0.0, WRITTEN)
    os.utime(file, (1, time.time() - 5))
    assert look(file) == (0.0, "")


@linux
def test_a_writer_that_comes_while_a_file_is_looked_at_ends_nothing(tmp_path):
    """The signal by which a lease is called back ends a process that does not expect it."""
    file = tmp_path / "list"
    file.write_bytes(LINES)
    opener = (
        "import sys, time\nend = time.monotonic() + 2\n"
        "while time.monotonic() < end: open(sys.argv[1], 'ab').close()"
    )
    came = []
    before = signal.signal(signal.SIGIO, lambda *_: came.append(1))
    try:
        with subprocess.Popen([sys.executable, "-c", opener, str(file)]) as child:
            while child.poll() is None:
                look(file)
    finally:
        signal.signal(signal.SIGIO, before)
    assert not came
    assert child.returncode == 0
