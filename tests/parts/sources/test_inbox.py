"""The spool folder: what is ready, what a name means, and that no file is lost or overwritten."""

import gzip
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from crawler import sources
from crawler.sources.inbox import MAX_FILES, Inbox
from tests.parts.sources.readings import told
from tests.program import until

JOB = SimpleNamespace(urls=(), url_file=None, path="{cc}/{name}", headers={})
PLAIN = SimpleNamespace(urls=(), url_file=None, path="{name}", headers={})


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "inbox"


@pytest.fixture
def inbox(folder):
    inbox = Inbox(folder, PLAIN)
    assert inbox.scan() == []
    return inbox


def drop(folder, name, content="http://h/1\n", *, age=5.0):
    """Put a file into a folder that was written some seconds ago."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    at = time.time() - age
    os.utime(file, (at, at))
    return file


def take(inbox, file):
    """Take a file in; return its URLs and what was wrong with it."""
    source = inbox.take(file)
    good, bad, error = told(source)
    reasons = [f"{source.where(number)}: {reason}" for number, reason in bad]
    return good, [*reasons, error] if error else reasons


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_file_that_is_dropped_is_taken_in_once_and_moved_to_done(inbox, folder):
    file = drop(folder, "list.txt", "# new\nhttp://h/1\n\nhttp://h/2\n")
    assert inbox.scan() == [file]
    assert take(inbox, file) == ([("http://h/1", {}), ("http://h/2", {})], [])
    assert inbox.accept(file, []) == folder / "done" / "list.txt"
    assert inbox.scan() == []
    assert names(folder) == ["done"]


def test_what_is_no_file_is_told_once_with_its_reason_and_never_opened(inbox, folder, tmp_path):
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    (folder / "dangling").symlink_to(tmp_path / "nothing")
    (folder / "to_folder").symlink_to(tmp_path)
    (folder / "device").symlink_to("/dev/zero")
    (folder / ".hidden").symlink_to("/dev/zero")
    (folder / "done").mkdir()
    (folder / "bad").mkdir()
    file = drop(folder, "list.txt")
    assert inbox.scan() == [file]
    found = inbox.passed_over()
    assert {name: why.partition(":")[0] for name, why in found.items()} == {
        "pipe": "it is a pipe (FIFO)",
        "folder": "it is a folder",
        **dict.fromkeys(["dangling", "to_folder", "device"], "it is a symbolic link"),
    }
    assert inbox.scan() == [file]
    assert inbox.passed_over() == {}
    (folder / "pipe").unlink()
    inbox.scan()
    assert inbox.passed_over() == {}
    os.mkfifo(folder / "pipe")
    inbox.scan()
    assert set(inbox.passed_over()) == {"pipe"}


def test_a_file_with_bad_lines_goes_to_bad_with_its_reasons_beside_it(inbox, folder):
    file = drop(folder, "list", b"http://h/1\n\xff\nhttp://h/3\n")
    good, reasons = take(inbox, file)
    assert [url for url, _ in good] == ["http://h/1", "http://h/3"]
    assert reasons == [f"{file}:2: it is not UTF-8"]
    moved = inbox.accept(file, [*reasons, "two\nlines \x00 \udcff"])
    assert moved == folder / "bad" / "list"
    assert moved.read_bytes() == b"http://h/1\n\xff\nhttp://h/3\n"
    told = (folder / "bad" / "list.reasons").read_text()
    assert told == f"{file}:2: it is not UTF-8\ntwo lines \x00 ?\n"


NAMED = {
    "list.csv": b"url,cc\nhttp://h/1,cn\n",
    "list.csv.gz": gzip.compress(b"cc,url\ncn,http://h/1\n"),
    "list.jsonl": b'{"url": "http://h/1", "cc": "cn"}\n',
    "list.NDJSON": b'{"url": "http://h/1", "cc": "cn"}',
}


@pytest.mark.parametrize("name", NAMED)
def test_the_name_of_a_file_tells_its_format(name, folder):
    inbox = Inbox(folder, JOB)
    inbox.scan()
    file = drop(folder, name, NAMED[name])
    assert take(inbox, file) == ([("http://h/1", {"cc": "cn"})], [])


UNREADABLE = {
    "list.csv": (b"http://h/1\n", "its first line must name a column cc, url"),
    "list.txt": (b"http://h/1\n", "plain lines bind no {cc}"),
    "list.jsonl.gz": (gzip.compress(bytes(99))[:-4], "it is not whole: its gzip ends before"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_goes_to_bad(name, folder):
    content, reason = UNREADABLE[name]
    inbox = Inbox(folder, JOB)
    inbox.scan()
    file = drop(folder, name, content)
    _, reasons = take(inbox, file)
    assert reason in reasons[-1]
    assert inbox.accept(file, reasons).parent == folder / "bad"
    assert reason in (folder / "bad" / f"{name}.reasons").read_text()


def test_what_is_not_ready_or_no_file_is_left_alone(inbox, folder, tmp_path):
    for name in (".hidden", "list.tmp", "list.part", "list.csv.tmp"):
        drop(folder, name)
    drop(folder, "fresh", age=0.0)
    drop(folder, "future", age=-0.5)
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    (folder / "link").symlink_to(drop(tmp_path, "secret"))
    (folder / "broken").symlink_to("nowhere")
    for name in ("fresh", "future"):  # utime has touched the ctime, as a rename would
        with (folder / name).open("a") as file:
            file.write("http://h/2\n")
    assert inbox.scan() == []
    (folder / "list.part").unlink()


def test_a_file_is_ready_when_nobody_has_written_it_for_a_second(inbox, folder):
    file = folder / "list"
    file.write_text("http://h/1\n")
    began = time.monotonic()
    until(lambda: inbox.scan() == [file], "the file is never ready")
    assert time.monotonic() - began > 0.9


def test_a_file_that_is_renamed_into_the_folder_is_as_old_as_its_last_line(inbox, folder, tmp_path):
    drop(tmp_path, "old").rename(folder / "old")
    drop(tmp_path, "new", age=0.0).rename(folder / "new")
    assert inbox.scan() == [folder / "old"]


def test_a_link_that_took_a_files_place_is_not_followed(inbox, folder, tmp_path):
    secret = drop(tmp_path, "secret", "http://h/secret\n")
    file = drop(folder, "list")
    assert inbox.scan() == [file]
    file.unlink()
    file.symlink_to(secret)
    good, reasons = take(inbox, file)
    assert good == []
    assert reasons == [f"inbox:{file}: cannot be read: Too many levels of symbolic links"]
    moved = inbox.accept(file, reasons)
    assert moved.is_symlink()
    assert secret.read_text() == "http://h/secret\n"


def test_a_pipe_that_took_a_files_place_blocks_nobody(inbox, folder):
    file = folder / "list"
    os.mkfifo(file)
    assert take(inbox, file) == (
        [],
        [f"inbox:{file}: cannot be read: it is a pipe and no file; a command may read it"],
    )


def test_the_oldest_files_come_first_and_not_too_many_at_once(inbox, folder):
    for number in range(MAX_FILES + 50):
        drop(folder, f"{number}", age=10_000 - number)
    found = inbox.scan()
    assert [file.name for file in found] == [str(number) for number in range(MAX_FILES)]


def test_nothing_is_ever_overwritten(inbox, folder):
    for content in "abc":
        file = drop(folder, "list.csv.gz", content)
        inbox.take(file)
        inbox.accept(file, [])
    done = folder / "done"
    assert names(done) == ["list.1.csv.gz", "list.2.csv.gz", "list.csv.gz"]
    assert (done / "list.1.csv.gz").read_text() == "b"
    (folder / "bad").mkdir()
    (folder / "bad" / "x.reasons").write_text("mine")
    file = drop(folder, "x")
    inbox.take(file)
    assert inbox.accept(file, ["no"]) == folder / "bad" / "x.1"
    assert names(folder / "bad") == ["x.1", "x.1.reasons", "x.reasons"]
    assert (folder / "bad" / "x.reasons").read_text() == "mine"


@pytest.mark.parametrize(
    "name",
    ["日" * 85, "x" * 251 + ".csv", "a.b.c.d", "-rf", "2024.01.02"],
    ids=["long", "long.csv", "a.b.c.d", "-rf", "2024.01.02"],
)
def test_any_name_can_be_moved_any_number_of_times(name, inbox, folder):
    for _ in range(3):
        file = drop(folder, name)
        inbox.take(file)
        moved = inbox.accept(file, ["no"])
        assert moved.read_text() == "http://h/1\n"
        assert moved.name.endswith(".csv") is name.endswith(".csv")
    assert len(names(folder / "bad")) == 6


def test_a_name_of_any_bytes_is_taken(inbox, folder):
    with open(os.fsencode(folder) + b"/\xff\n.txt", "wb") as file:  # noqa: PTH123
        file.write(b"http://h/1\n")
    os.utime(file.name, (1, 1))
    (file,) = inbox.scan()
    assert take(inbox, file) == ([("http://h/1", {})], [])
    assert inbox.accept(file, []).exists()


def test_a_file_that_changed_after_it_was_taken_stays_to_be_taken_again(inbox, folder):
    file = drop(folder, "list")
    take(inbox, file)
    with file.open("a") as grown:
        grown.write("http://h/2\n")
    assert inbox.accept(file, []) is None
    assert names(folder) == ["list"]
    os.utime(file, (1, 1))
    assert inbox.scan() == [file]
    assert len(take(inbox, file)[0]) == 2
    assert inbox.accept(file, []) == folder / "done" / "list"


def test_a_file_that_was_removed_meanwhile_is_no_matter(inbox, folder):
    file = drop(folder, "list")
    take(inbox, file)
    file.unlink()
    assert inbox.accept(file, []) is None
    assert inbox.scan() == []
    take(inbox, file)
    assert inbox.accept(file, ["gone"]) is None
    assert names(folder / "bad") == []


def test_a_file_that_cannot_be_moved_is_told_and_left_alone_for_a_while(inbox, folder, tmp_path):
    (folder / "done").symlink_to(tmp_path)
    file, other = drop(folder, "a"), drop(folder, "b")
    inbox.take(file)
    with pytest.raises(NotADirectoryError):
        inbox.accept(file, [])
    assert inbox.scan() == [other]
    (folder / "done").unlink()
    assert Inbox(folder, PLAIN).scan() == [file, other]


def test_a_full_disk_leaves_the_file_and_nothing_half_done(inbox, folder):
    """What is written beside a file that goes to bad does not fit."""
    file = drop(folder, "list")
    code = f"""
import crawler, resource
from crawler.sources.inbox import Inbox
from pathlib import Path
from types import SimpleNamespace
import signal
inbox = Inbox(Path({str(folder)!r}), SimpleNamespace(path="x", headers={{}}))
file = inbox.scan()[0]
inbox.take(file)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    inbox.accept(file, ["a reason that is too long"])
except OSError as error:
    print(error.strerror)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "File too large\n", ran.stderr
    assert inbox.scan() == [file]
    assert names(folder / "bad") == []


def test_a_crash_before_the_move_has_a_file_taken_in_again(folder):
    """The crash may also have left the empty file that reserved the name."""
    first = Inbox(folder, PLAIN)
    first.scan()
    file = drop(folder, "list")
    assert take(first, file) == ([("http://h/1", {})], [])
    (folder / "done").mkdir()
    (folder / "done" / "list").touch()
    second = Inbox(folder, PLAIN)
    assert second.scan() == [file]
    assert take(second, file) == ([("http://h/1", {})], [])
    assert second.accept(file, []) == folder / "done" / "list.1"


def test_a_taken_file_is_a_source_like_all_others(inbox, folder):
    file = drop(folder, "list")
    source = inbox.take(file)
    assert source.name == f"inbox:{file}"
    assert source.where(3) == f"{file}:3"
    assert isinstance(source, sources.Source)
