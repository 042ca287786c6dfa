"""Lists on this machine: files, patterns of paths and pipes, whatever becomes of them."""

import fcntl
import gzip
import os
import sys
import termios
from contextlib import closing
from pathlib import Path

import gevent
import pytest

from crawler.sources import SourceError
from crawler.sources.lines import BLOCK_LINES, MAX_LINE_BYTES
from tests.parts.sources.readings import told, unchanged, urls, write
from tests.parts.ticker import GAP_S
from tests.program import until

PLAIN = (
    b"\xef\xbb\xbfhttp://h/1\r\n# M\xfcnchen\n\n  http://h/2\t\n\x0b\nhttp://h/\xc3\xa9\nhttp://h/4"
)


@pytest.mark.parametrize("packed", [False, True])
def test_a_plain_list_has_comments_blanks_a_byte_order_mark_and_any_line_end(packed, one, tmp_path):
    content = gzip.compress(PLAIN[:30]) + gzip.compress(PLAIN[30:]) + bytes(512)
    file = write(tmp_path, "list", content if packed else PLAIN)
    source = one(url_file=file)
    assert source.name == f"url_file:{file}"
    assert urls(source) == ["http://h/1", "http://h/2", "http://h/é", "http://h/4"]
    assert source.where(7) == f"{file}:7"
    assert source.version() == source.version_read != ""


def test_bad_lines_have_their_number_and_reason_and_stop_nothing(one, tmp_path):
    file = write(
        tmp_path, "list", b"http://h/1\nhttp://h/\xff\n" + b"x" * 10**7 + b"\nhttp://h/4\n"
    )
    assert told(one(url_file=file)) == (
        [("http://h/1", {}), ("http://h/4", {})],
        [(2, "it is not UTF-8"), (3, f"it is longer than {MAX_LINE_BYTES} bytes")],
        None,
    )


def test_a_file_that_is_not_there_or_a_folder_is_an_error_when_it_is_read(one, tmp_path):
    gone = one(url_file=tmp_path / "gone")
    assert gone.version() == ""
    assert told(gone)[2] == f"url_file:{tmp_path}/gone: cannot be read: No such file or directory"
    assert told(one(url_file=tmp_path))[2] == f"url_file:{tmp_path}: cannot be read: it is a folder"


def test_an_unchanged_file_is_not_read_again_and_any_change_shows(one, tmp_path):
    file = write(tmp_path, "list", "http://h/1\n")
    source = one(url_file=file)
    versions = set()
    for content in ("http://h/2\n", "http://h/3\n", "http://h/4\n"):  # within one tick of the clock
        file.write_text(content)
        assert urls(source) == [content.strip()]
        assert unchanged(source, source.version_read)
        versions.add(source.version())
    copy = write(tmp_path, "copy", "http://h/5\n")
    os.utime(copy, ns=(0, file.stat().st_mtime_ns))
    copy.rename(file)
    versions.add(source.version())
    assert len(versions) == 4
    assert one(url_file=file, path="{name}").version() == source.version()


def test_another_template_makes_another_mark_of_a_list_with_columns(one, tmp_path):
    file = write(tmp_path, "list.csv", "url,cc\nhttp://h/1,cn\n")
    versions = {
        one(url_file=file, path=path, headers=headers).version()
        for path, headers in [("{cc}", {}), ("x/{cc}", {}), ("x", {}), ("x", {"A": "{cc}"})]
    }
    assert len(versions) == 4


def test_a_file_that_is_written_anew_while_it_is_read_is_never_taken_for_whole(one, tmp_path):
    file = write(tmp_path, "list", "http://h/1\n" * 100_000)
    source = one(url_file=file)
    with closing(source.read("")) as blocks:
        next(blocks)
        with file.open("r+") as changed:
            changed.write("http://h/2\n")
            changed.truncate(1_000_000)
        with pytest.raises(SourceError, match="changed while it was read; write it elsewhere"):
            list(blocks)
    assert source.version_read == ""


@pytest.mark.parametrize(("end", "number"), [("\n", 100_001), ("-and-a-half", 100_000)])
def test_a_file_that_grows_while_it_is_read_ends_where_it_ended_when_it_was_opened(
    one, tmp_path, end, number
):
    file = write(tmp_path, "list", "http://h/1\n" * 100_000 + "http://h/2" + end)
    source = one(url_file=file)
    with closing(source.read("")) as blocks, file.open("a") as grown:
        lines = list(next(blocks))
        for block in blocks:
            lines += block
            grown.write("http://h/3\n" * 10_000)
            grown.flush()
    assert len(lines) == number
    assert b"http://h/2-and-a-half" not in lines
    assert source.grew
    assert source.version_read != source.version()


def test_a_file_that_is_replaced_while_it_is_read_is_read_as_it_was(one, tmp_path):
    file = write(tmp_path, "list", "http://h/1\n" * 100_000)
    source = one(url_file=file)
    with closing(source.read("")) as blocks:
        next(blocks)
        write(tmp_path, "new", "http://h/2\n").rename(file)
        assert sum(map(len, blocks)) == 100_000 - BLOCK_LINES
    assert source.version_read != source.version()


def test_a_pattern_of_paths_that_matches_nothing_is_an_error_that_names_it(one, tmp_path):
    source = one(url_file=tmp_path / "*.lst")
    assert told(source) == (
        [], [], f"url_file:{tmp_path}/*.lst: no file matches this pattern",
    )  # fmt: skip


@pytest.fixture
def pipe():
    """A pipe that this process was started with, as it were: its path, and its writing end."""
    reader, writer = os.pipe()
    yield Path(f"/dev/fd/{reader}"), writer
    os.close(reader)


def test_pipes_devices_and_folders_are_refused_at_once(one, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path, what in (
        (tmp_path / "fifo", "it is a pipe and no file; a command may read it"),
        (Path("/dev/zero"), "it is a device or a socket and no file; a command may read it"),
        (tmp_path, "it is a folder"),
    ):
        assert told(one(url_file=path)) == ([], [], f"url_file:{path}: cannot be read: {what}")


def descriptors():
    return {file.name for file in Path("/proc/self/fd").iterdir()}


def unread(pipe):
    """Return how many bytes of a pipe are yet to be read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_a_pipe_is_read_as_it_fills_and_blocks_no_thread(one, pipe, ticker):
    path, writer = pipe
    source = one(url_file=path)
    reading = gevent.spawn(urls, source)
    for piece in (b"http:", b"//h/1\nhttp://h/2\r", b"\nhttp://h/3"):
        os.write(writer, piece)
        until(lambda: not unread(writer), "the piece is not read")
    os.close(writer)
    assert reading.get(timeout=5) == ["http://h/1", "http://h/2", "http://h/3"]
    assert source.version() == source.version_read == ""
    assert ticker.longest < GAP_S


def test_a_greenlet_that_waits_for_a_pipe_can_be_killed(one, pipe):
    path, writer = pipe
    before = descriptors()
    reading = gevent.spawn(urls, one(url_file=path))
    os.write(writer, b"http")
    until(lambda: not unread(writer), "nothing reads the pipe")
    reading.kill(timeout=1)
    assert reading.dead
    os.close(writer)
    until(lambda: descriptors() <= before, "a descriptor stays open")
