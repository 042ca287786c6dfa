"""A file of whole lines makes way when it is full, for one process or for several."""

import errno
import os
import subprocess
import sys

import pytest

from crawler.log import RotatingFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log" / "crawler.log"


@pytest.fixture
def file(path):
    file = RotatingFile(path, 100, 2)
    yield file
    file.close()


def texts(path):
    return {one.name: one.read_text() for one in sorted(path.parent.iterdir())}


def test_a_full_file_makes_way_and_so_many_are_kept(path, file):
    for number in range(8):
        line = f"{number} {'x' * 46}\n".encode()
        assert file.write(line) == len(line)
    assert [(name, text[0], text[49]) for name, text in texts(path).items()] == [
        ("crawler.log", "6", "7"), ("crawler.log.1", "4", "5"), ("crawler.log.2", "2", "3"),
    ]  # fmt: skip


def test_a_line_longer_than_the_file_may_be_is_written_all_the_same(path, file):
    file.write(b"short\n")
    file.write(b"x" * 200 + b"\n")
    assert {name: len(text) for name, text in texts(path).items()} == {
        "crawler.log": 201, "crawler.log.1": 6
    }  # fmt: skip


def test_many_lines_at_once_are_divided_among_files_none_of_which_is_too_long(path, file):
    data = b"".join(b"%02d %s\n" % (number, b"x" * 30) for number in range(7))
    while data:
        written = file.write(data)
        assert data[:written].endswith(b"\n")
        data = data[written:]
    assert [(name, text[:2], len(text)) for name, text in texts(path).items()] == [
        ("crawler.log", "06", 34), ("crawler.log.1", "04", 68), ("crawler.log.2", "02", 68),
    ]  # fmt: skip


def test_a_file_of_no_size_grows(path):
    file = RotatingFile(path, 0, 2)
    for _ in range(10):
        file.write(b"x" * 99 + b"\n")
    file.close()
    assert list(texts(path)) == ["crawler.log"]


def test_a_file_that_was_moved_away_or_removed_is_made_anew(path, file):
    file.write(b"one\n")
    path.rename(path.with_name("moved"))
    file.write(b"two\n")
    path.unlink()
    file.write(b"three\n")
    assert texts(path) == {"crawler.log": "three\n", "moved": "one\n"}


def test_a_file_that_is_stale_is_opened_anew(path, file):
    file.write(b"one\n")
    before = file._descriptor
    keep = os.dup(before)  # its number is not given again
    file.stale = True
    file.write(b"two\n")
    assert os.fstat(file._descriptor).st_ino == path.stat().st_ino
    os.close(keep)
    assert texts(path) == {"crawler.log": "one\ntwo\n"}


def test_what_is_no_file_is_refused(path):
    path.parent.mkdir()
    os.mkfifo(path)
    with pytest.raises(OSError, match="no regular file"):
        RotatingFile(path, 0, 1).open()


def test_a_full_disk_is_an_error_and_a_torn_line_is_ended_before_the_next(path, tmp_path):
    """A limit of the file's size tears a write as a full disk does (setrlimit(2))."""
    script = f"""
import resource, signal, sys
from pathlib import Path
from crawler.log import RotatingFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (25, resource.RLIM_INFINITY))
file = RotatingFile(Path({str(path)!r}), 0, 1)
print(file.write(b"0123456789\\n0123456789\\n0123456789\\n"))
try:
    file.write(b"0123456789\\n")
except OSError as error:
    print(error.errno)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(file.write(b"0123456789\\n"))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.split() == ["22", str(errno.EFBIG), "11"], done.stderr
    assert path.read_text() == "0123456789\n0123456789\n012\n0123456789\n"


def test_a_folder_that_may_not_be_written_lets_the_file_grow_and_says_so(path, file, monkeypatch):
    file.write(b"x" * 99 + b"\n")

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(type(path), "replace", refuse)
    file.write(b"y" * 99 + b"\n")
    assert file.fault.errno == errno.EACCES
    assert path.stat().st_size == 200
    monkeypatch.undo()
    file.write(b"z" * 99 + b"\n")
    assert file.fault is None
    assert path.stat().st_size == 100


def test_several_processes_share_a_file_and_lose_no_line(path):
    script = f"""
import sys
from pathlib import Path
from crawler.log import RotatingFile
file = RotatingFile(Path({str(path)!r}), 2000, 1000)
for number in range(2000):
    line = f"{{sys.argv[1]}} {{number}}\\n".encode()
    assert file.write(line) == len(line)
"""
    writers = [subprocess.Popen([sys.executable, "-c", script, name]) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    lines = [line for text in texts(path).values() for line in text.splitlines()]
    assert sorted(lines) == sorted(f"{name} {number}" for name in "abc" for number in range(2000))
