import errno
import hashlib
import os
import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import gevent
import pytest
from gevent.lock import BoundedSemaphore
from gevent.monkey import get_original

from crawler.config import Job
from crawler.model import Task
from crawler.store import Body, FileFaultError, Files, comparing, part_of, sweep, wanted_path
from crawler.store.files import part_name
from tests import real
from tests.parts.store.trees import tree

native_lock = get_original("_thread", "allocate_lock")
FINGERPRINT = 0x0123456789ABCDEF
MODIFIED = 784_111_777.0


def body(path, content=b"content", number=FINGERPRINT, modified=None):
    return Body(path, part_name(path, number, 1), number, content, modified)


def save(files, path, content=b"content", **more):
    (result,) = files.save([body(path, content, **more)])
    return result


@pytest.mark.parametrize("durable", [False, True])
def test_a_body_becomes_a_whole_file_and_nothing_else(root, durable):
    content = os.urandom(3_000_000)
    with Files(root, durable=durable) as files:
        assert save(files, "h/a/b.gif", content) == "h/a/b.gif"
        assert save(files, "top") == "top"
        assert save(files, "h/empty", b"") == "h/empty"
    assert tree(root) == {"h/a/b.gif": content, "top": b"content", "h/empty": b""}


def test_a_file_bears_the_time_of_its_last_modification(files, root):
    for at in (MODIFIED, 0.0, -86_400.0):
        assert save(files, "h/a", modified=at) == "h/a"
        assert (root / "h/a").stat().st_mtime == at


def test_a_newer_body_replaces_the_file(files, root):
    save(files, "h/a", b"old and long")
    before = (root / "h/a").stat().st_ino
    assert save(files, "h/a", b"new") == "h/a"
    assert tree(root) == {"h/a": b"new"}
    assert (root / "h/a").stat().st_ino != before


def test_a_file_and_a_folder_of_one_name_stand_beside_each_other_the_file_first(files, root):
    assert save(files, "h/a", b"1") == "h/a"
    other = save(files, "h/a/b", b"2")
    assert re.fullmatch(r"h/a-[0-9a-f]{16}/b", other)
    assert save(files, "h/a/c", b"3") == other[:-1] + "c"
    assert tree(root) == {"h/a": b"1", other: b"2", other[:-1] + "c": b"3"}


def test_a_file_and_a_folder_of_one_name_stand_beside_each_other_the_folder_first(files, root):
    assert save(files, "h/a/b", b"1") == "h/a/b"
    assert save(files, "h/a", b"2") == f"h/a-{FINGERPRINT:016x}"
    assert save(files, "h/a", b"3") == f"h/a-{FINGERPRINT:016x}"
    assert tree(root) == {"h/a/b": b"1", f"h/a-{FINGERPRINT:016x}": b"3"}


def test_a_file_whose_second_choice_is_a_folder_too_is_not_stored(files, root):
    (root / "a").mkdir()
    (root / f"a-{FINGERPRINT:016x}").mkdir()
    assert isinstance(save(files, "a"), IsADirectoryError)
    assert tree(root) == {}


def test_a_symbolic_link_at_the_target_is_replaced_and_not_followed(files, root, tmp_path):
    (tmp_path / "outside").write_bytes(b"mine")
    (root / "a").symlink_to(tmp_path / "outside")
    assert save(files, "a") == "a"
    assert (tmp_path / "outside").read_bytes() == b"mine"
    assert not (root / "a").is_symlink()
    assert tree(root) == {"a": b"content"}


@pytest.mark.parametrize("target", ["outside", "nowhere", "/", "."])
def test_a_symbolic_link_where_a_folder_is_needed_leads_nowhere(files, root, tmp_path, target):
    (tmp_path / "outside").mkdir()
    (root / "h").symlink_to(tmp_path / target)
    stored = save(files, "h/a/b")
    assert re.fullmatch(r"h-[0-9a-f]{16}/a/b", stored)
    assert (root / stored).read_bytes() == b"content"
    assert list((tmp_path / "outside").iterdir()) == []
    assert {entry.name for entry in tmp_path.iterdir()} == {"outside", "output"}


@pytest.mark.parametrize("path", ["a", "a/b"])
def test_a_pipe_in_the_way_never_blocks(files, root, path):
    os.mkfifo(root / "a")
    with gevent.Timeout(5):
        stored = save(files, path)
    assert (root / stored).read_bytes() == b"content"


def test_a_part_that_an_earlier_visit_left_is_written_anew(files, root):
    (root / body("a").part).write_bytes(b"much longer than the content")
    assert save(files, "a") == "a"
    assert tree(root) == {"a": b"content"}


def test_a_part_that_is_a_link_is_not_followed(files, root, tmp_path):
    (tmp_path / "outside").write_bytes(b"mine")
    (root / body("a").part).symlink_to(tmp_path / "outside")
    assert save(files, "a") == "a"
    assert (tmp_path / "outside").read_bytes() == b"mine"


def test_a_name_too_long_for_the_disk_is_a_value_and_others_are_stored(files, root):
    results = files.save([body("a"), body("x" * 300), body("b")])
    assert (results[0], results[2]) == ("a", "b")
    assert results[1].errno == errno.ENAMETOOLONG
    assert tree(root) == {"a": b"content", "b": b"content"}


def test_many_bodies_are_stored_at_once_and_answered_in_their_order(files, root):
    bodies = [body(f"h{n % 7}/{n}", b"%d" % n, number=n) for n in range(200)]
    assert files.save(bodies) == [one.path for one in bodies]
    assert tree(root) == {one.path: one.content for one in bodies}
    assert files.save([]) == []


def test_the_hub_runs_while_files_are_written(files):
    ticks = []
    ticker = gevent.spawn(lambda: [ticks.append(gevent.sleep(0.001)) for _ in iter(int, 1)])
    try:
        for number in range(20):
            save(files, f"{number}", bytes(2_000_000))
    finally:
        ticker.kill()
    assert len(ticks) > 5


def test_the_hub_runs_while_parts_of_many_visits_are_swept(files):
    left = [(Task(n, "j", f"http://h/{n}", "", "h:80", 1, n, 1), 7) for n in range(60_000)]
    turns = [time.thread_time()]

    def tick():
        while True:
            gevent.sleep(0.001)
            turns.append(time.thread_time())

    ticker = gevent.spawn(tick)
    try:
        assert sweep(files, {"j": Job(name="j", urls=("http://h/",))}, left) == 0
        gevent.sleep(0.01)
    finally:
        ticker.kill()
    longest = max(after - before for before, after in pairwise(turns))
    assert longest < 0.1, "CPU seconds in one go"


def test_the_hub_runs_while_a_part_is_written(files):
    ticks = []
    ticker = gevent.spawn(lambda: [ticks.append(gevent.sleep(0.001)) for _ in iter(int, 1)])
    part = files.part(body("h/a").part)
    try:
        for _ in range(20):
            part.write(bytes(2_000_000), hashlib.sha256())
    finally:
        ticker.kill()
        part.close()
    assert len(ticks) > 5
    files.discard([part.name])


def test_no_more_parts_are_poured_at_once_than_there_are_cores(files):
    waits, beside = native_lock(), []
    waits.acquire()
    files._pours = BoundedSemaphore(1)
    parts = [files.part(body(path).part) for path in ("h/a", "h/b")]

    def first(_: memoryview) -> int:
        beside.append(waits.acquire(timeout=0.2))
        return 0

    def second(_: memoryview) -> int:
        waits.release()
        return 0

    pours = zip(parts, (first, second), strict=True)
    gevent.joinall([gevent.spawn(part.pour, read, 1, hashlib.sha256()) for part, read in pours])
    assert beside == [False]
    assert not waits.locked()
    for part in parts:
        part.close()
    files.discard([part.name for part in parts])


@pytest.fixture
def small_disk(root):
    """An output folder on a disk of one megabyte."""
    with real.small_disk(root, "1m") as disk:
        yield disk


def test_a_full_disk_is_a_value_and_leaves_the_old_file_and_no_part(small_disk):
    with Files(small_disk, durable=True) as files:
        assert save(files, "h/a", b"old") == "h/a"
        assert save(files, "h/a", bytes(2_000_000)).errno == errno.ENOSPC
        assert tree(small_disk) == {"h/a": b"old"}
        assert save(files, "h/a", bytes(500_000)) == "h/a"


def test_a_disk_that_fills_while_a_part_is_streamed_raises_and_the_part_goes(small_disk):
    with Files(small_disk, durable=False) as files:
        part = files.part(body("h/a").part)
        with pytest.raises(OSError, match="No space left"):
            part.write(bytes(2_000_000))
        part.close()
        assert files.discard([part.name]) == 1
    assert tree(small_disk) == {}


def test_a_disk_that_fills_while_a_part_is_poured_raises(small_disk):
    with Files(small_disk, durable=False) as files:
        part = files.part(body("h/a").part)
        with pytest.raises(FileFaultError, match="No space left"):
            part.pour(len, 4_000_000, hashlib.sha256())
        part.close()
        assert files.discard([part.name]) == 1
    assert tree(small_disk) == {}


def test_a_read_only_disk_is_a_value_and_leaves_the_old_file(small_disk):
    with Files(small_disk, durable=True) as files:
        save(files, "h/a", b"old")
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        results = files.save([body("h/a", b"new"), body("new/b")])
        assert [result.errno for result in results] == [errno.EROFS, errno.EROFS]
    assert tree(small_disk) == {"h/a": b"old"}


def test_an_output_folder_that_is_gone_is_made_again(files, root):
    save(files, "h/a")
    (root / "h/a").unlink()
    (root / "h").rmdir()
    root.rmdir()
    assert save(files, "h/a") == "h/a"


def test_an_output_folder_that_cannot_be_opened_is_a_value(files, root):
    """A visit's trouble with the disk is `local_io` and tried again; it ends nothing."""
    root.rmdir()
    root.write_bytes(b"in the way")
    assert isinstance(save(files, "h/a"), OSError)


def test_a_streamed_body_is_saved_under_its_name(files, root):
    wanted = Body("h/a", part_name("h/a", 7, 1), 7, None, MODIFIED)
    part = files.part(wanted.part)
    for _ in range(10):
        part.write(b"x" * 100_000)
    part.close()
    part.close()
    assert files.save([wanted]) == ["h/a"]
    assert tree(root) == {"h/a": b"x" * 1_000_000}
    assert (root / "h/a").stat().st_mtime == MODIFIED


def test_a_streamed_body_is_discarded_and_so_is_what_is_not_there(files, root):
    part = files.part(body("h/a").part)
    part.write(b"x")
    part.close()
    assert files.discard([part.name, body("h/b").part, body("none/c").part]) == 1
    assert tree(root) == {}
    assert not (root / "none").exists()
    assert files.discard([part.name]) == files.discard([]) == 0


def test_a_part_that_was_never_written_is_closed_and_never_was(files, root):
    files.part(body("h/a").part).close()
    assert tree(root) == {}


def test_the_parts_that_a_dead_process_left_are_swept_and_no_others(files, root):
    job = Job(name="job", urls=("http://h/",))
    tasks = [Task(n, "job", f"http://h/{n}", f"http://h/{n}", "h:80", 1, n, 1) for n in range(3)]
    assert wanted_path(tasks[1], job) == "h/1"
    parts = {owner: part_of(tasks[1], job, owner) for owner in (1, 2)}
    for name in parts.values():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"half")
    strange = Task(9, "gone", "http://h/9", "http://h/9", "h:80", 1, 9, 1)
    assert sweep(files, {"job": job}, [(task, 1) for task in (*tasks, strange)]) == 1
    assert tree(root) == {parts[2]: b"half"}
    assert files.discard([parts[2]]) == 1


def test_a_file_is_durable_before_its_name_and_the_name_before_the_answer(tmp_path):
    strace = real.needs("strace")
    script = f"""
import crawler, os, pathlib
from crawler.store import Body, Files
with Files(pathlib.Path({str(tmp_path)!r}) / "out", durable=True) as files:
    files.save([Body("h/a", "h/a.part", 1, b"the content", 7.0)])
    os.write(1, b"answered")
"""
    trace = tmp_path / "trace"
    calls = "trace=write,fsync,fdatasync,rename,renameat,renameat2,mkdirat"
    command = [strace, "-f", "-y", "-o", str(trace), "-e", calls, sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, check=False)
    if b"ptrace" in done.stderr or b"PTRACE" in done.stderr:
        real.lacks(f"strace may not trace: {done.stderr.decode()}")
    assert done.stdout == b"answered", done.stderr
    wanted = {
        r'write\(\d+<.*/out/h/a\.part>, "the content"': "write",
        r"fsync\(\d+<.*/out/h/a\.part>": "sync file",
        r"rename\w*\(.*a\.part.*\"a\"": "rename",
        r"fsync\(\d+<.*/out/h>": "sync folder",
        r"mkdirat\(.*\"h\"": "make folder",
        r"fsync\(\d+<.*/out>": "sync folder above",
        r'write\(1<.*, "answered"': "answer",
    }
    lines = Path(trace).read_text().splitlines()
    order = [step for line in lines for call, step in wanted.items() if re.search(call, line)]
    assert sorted(order) == sorted(wanted.values())
    assert order[:4] == ["make folder", "write", "sync file", "rename"]
    assert set(order[4:6]) == {"sync folder", "sync folder above"}
    assert order[6:] == ["answer"]


def test_a_file_whose_two_names_are_one_on_a_disk_blind_to_case_stays(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/1").write_bytes(b"content")
    comparing.take_old_name(tmp_path, "a/1", "a/1")
    assert (tmp_path / "a/1").read_bytes() == b"content"


def test_a_part_is_read_no_further_than_its_body_is_long(files, root):
    """One that has grown to a terabyte would be read for hours."""
    (root / "j").mkdir(parents=True)
    part = root / "j" / "a.part"
    part.write_bytes(b"beginning")
    assert files.measure("j/a.part", 10).size == 9
    assert files.measure("j/a.part", 9) is None, "nothing is missing"
    with part.open("r+b") as grown:
        grown.truncate(1 << 40)
    assert files.measure("j/a.part", 10) is None
    assert files.discard(["j/a.part"]) == 1
