"""What `on_change: keep N versions` leaves beside a file, whatever it meets there."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.store import Body, Files
from crawler.store.files import part_name
from tests import real
from tests.parts.store.trees import tree

A_DAY = 86_400
FIRST = datetime(2026, 11, 21, 10, 30, tzinfo=UTC).timestamp()
STAMP = "20261121T103000Z"
KEPT = re.compile(r"\.\d{8}T\d{6}Z(-\d+)?(\.[^.]*)?$")


def save(files, path, content, modified=FIRST, versions=2):
    body = Body(path, part_name(path, 1, 1), 1, content, modified, versions)
    (result,) = files.save([body])
    return result


def test_a_strangers_file_that_is_named_like_a_version_is_never_pruned(files, root):
    (root / "a.20200101T000000Z.gif").write_bytes(b"precious")
    for at in range(4):
        save(files, "a.gif", b"%d" % at, FIRST + at, versions=1)
    assert tree(root) == {
        "a.20200101T000000Z.gif": b"precious",
        "a.20261121T103002Z.gif": b"2",
        "a.gif": b"3",
    }


@pytest.mark.parametrize("durable", [False, True])
def test_an_older_version_is_kept_under_the_time_it_bore(root, durable):
    with Files(root, durable=durable) as files:
        assert save(files, "h/a.gif", b"old") == "h/a.gif"
        assert tree(root) == {"h/a.gif": b"old"}
        assert save(files, "h/a.gif", b"new", FIRST + A_DAY) == "h/a.gif"
    assert tree(root) == {"h/a.gif": b"new", f"h/a.{STAMP}.gif": b"old"}
    assert (root / f"h/a.{STAMP}.gif").stat().st_mtime == FIRST
    assert (root / f"h/a.{STAMP}.gif").stat().st_nlink == 1


def test_a_file_without_last_modified_is_kept_under_the_time_it_was_written(files, root):
    save(files, "a", b"old", modified=None)
    written = datetime.fromtimestamp(int((root / "a").stat().st_mtime), UTC)
    save(files, "a", b"new", modified=None)
    assert tree(root) == {"a": b"new", f"a.{written:%Y%m%dT%H%M%SZ}": b"old"}


def test_without_versions_nothing_is_kept_and_nothing_is_pruned(files, root):
    for at in range(4):
        save(files, "a.gif", b"%d" % at, FIRST + at, versions=2)
    before = tree(root)
    body = Body("a.gif", "a.gif.part", 1, b"new")
    assert body.versions == 0
    assert files.save([body]) == ["a.gif"]
    assert tree(root) == {**before, "a.gif": b"new"}


def test_the_oldest_versions_go_and_only_those(files, root):
    for at in range(7):
        save(files, "a.gif", b"%d" % at, FIRST + at, versions=3)
    kept = {f"a.20261121T10300{at}Z.gif": b"%d" % at for at in (3, 4, 5)}
    assert tree(root) == {"a.gif": b"6", **kept}
    save(files, "a.gif", b"7", FIRST + 7, versions=1)
    assert tree(root) == {"a.gif": b"7", "a.20261121T103006Z.gif": b"6"}


def test_the_version_that_was_just_kept_stays_even_if_its_time_is_the_oldest(files, root):
    save(files, "a", b"0", FIRST)
    save(files, "a", b"1", FIRST - A_DAY, versions=1)  # the server went back to an older one
    save(files, "a", b"2", FIRST + A_DAY, versions=1)
    assert tree(root) == {"a": b"2", "a.20261120T103000Z": b"1"}


def test_versions_of_one_second_are_told_apart_and_go_in_their_order(files, root):
    for at in range(13):
        save(files, "a.gif", b"%d" % at, versions=20)
    numbers = {at: b"%d" % (at - 1) for at in range(2, 13)}
    kept = {f"a.{STAMP}-{at}.gif": content for at, content in numbers.items()}
    assert tree(root) == {"a.gif": b"12", f"a.{STAMP}.gif": b"0", **kept}
    save(files, "a.gif", b"13", FIRST + A_DAY, versions=3)
    left = {f"a.{STAMP}-{at}.gif": b"%d" % (at - 1) for at in (11, 12, 13)}
    assert tree(root) == {"a.gif": b"13", **left}


def test_the_same_content_once_more_is_no_version(files, root):
    """The settler tells by digest; after a crash it may not know yet."""
    for content in (b"x", b"", b"y" * 3_000_000):
        save(files, "a", content, FIRST)
        before = tree(root).keys()
        save(files, "a", content, FIRST + A_DAY)
        assert tree(root).keys() == before
        assert (root / "a").stat().st_mtime == FIRST + A_DAY
    save(files, "a", b"y" * 2_999_999 + b"z", FIRST)
    assert len(tree(root)) == 3


def test_a_streamed_body_keeps_the_older_version_too(files, root):
    save(files, "h/a", b"old")
    wanted = Body("h/a", part_name("h/a", 1, 1), 1, None, FIRST, 1)
    part = files.part(wanted.part)
    part.write(b"new")
    part.close()
    assert files.save([wanted]) == ["h/a"]
    assert tree(root) == {"h/a": b"new", f"h/a.{STAMP}": b"old"}


def test_many_files_of_one_folder_keep_each_its_own(files, root):
    def bodies(word, at):
        return [
            Body(f"{n}.gif", part_name(f"{n}.gif", n, 1), n, b"%d %s" % (n, word), at, 1)
            for n in range(100)
        ]

    for day, word in enumerate((b"one", b"two", b"three")):
        assert files.save(bodies(word, FIRST + day * A_DAY)) == [f"{n}.gif" for n in range(100)]
    expected = {f"{n}.gif": b"%d three" % n for n in range(100)}
    expected |= {f"{n}.20261122T103000Z.gif": b"%d two" % n for n in range(100)}
    assert tree(root) == expected


@pytest.mark.parametrize(
    ("seconds", "stamp"),
    [
        (-1.5, "19691231T235958Z"),
        (0.999, "19700101T000000Z"),
        (-(2.0**31), "19011213T204552Z"),
        (2.0**33, "22420316T125632Z"),
    ],
)
def test_any_time_makes_a_name(files, root, seconds, stamp):
    save(files, "a", b"old", seconds)
    save(files, "a", b"new")
    assert tree(root) == {"a": b"new", f"a.{stamp}": b"old"}


@pytest.mark.parametrize("seconds", [-(2**60), -(2**36), 2**38, 2**60])
def test_a_time_of_no_calendar_is_one_of_its_ends_or_what_the_disk_makes_of_it(
    files, root, seconds
):
    save(files, "a", b"old")
    os.utime(root / "a", (0, seconds))
    save(files, "a", b"new")
    (version,) = tree(root).keys() - {"a"}
    assert KEPT.search(version)


HOSTILE = [
    ".htaccess", "a.tar.gz", "a.", "..a", "...", "-rf", "a b.gif", "a\nb.gif", "[a-z]*.gif",
    "a+(b)?.gif", "é.gif", "é", "日本.html", "~a~.gif", "a.GIF", "\\.gif", "%s{0}.gif",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_may_be_any(files, root, name):
    other = f"other-{name}"
    save(files, other, b"other")
    save(files, other, b"another", FIRST + A_DAY)
    for at in range(4):
        assert save(files, f"h/{name}", b"%d" % at, FIRST + at * A_DAY) == f"h/{name}"
    folder = {file.name: file.read_bytes() for file in (root / "h").iterdir()}
    assert folder.pop(name) == b"3"
    assert all(KEPT.search(kept) for kept in folder)
    assert sorted(folder.values()) == [b"1", b"2"]
    assert len(tree(root)) == 5


@pytest.mark.parametrize("name", ["x" * 255, "x" * 251 + ".gif", "x" + "." + "e" * 253, "é" * 127])
def test_a_long_name_leaves_room_for_the_time(files, root, name):
    for at in range(4):
        # its part would have no room at all
        body = Body(name, "a.part", 1, b"%d" % at, FIRST + at * A_DAY, 2)
        assert files.save([body]) == [name]
    found = tree(root)
    assert found.pop(name) == b"3"
    assert sorted(found.values()) == [b"1", b"2"]
    assert all(len(os.fsencode(kept)) <= 255 for kept in found)


def test_two_long_names_that_differ_at_their_end_have_each_its_own_versions(files, root):
    for end in "ab":
        for at in range(3):
            body = Body("x" * 254 + end, "a.part", 1, f"{end}{at}".encode(), FIRST + at, 1)
            files.save([body])
    assert sorted(tree(root).values()) == [b"a1", b"a2", b"b1", b"b2"]


def plant(kind, path, outside):
    match kind:
        case "link":
            path.symlink_to(outside)
        case "broken link":
            path.symlink_to(outside.parent / "nowhere")
        case "link to itself":
            path.symlink_to(path.name)
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "file":
            path.write_bytes(b"planted")


@pytest.mark.parametrize(
    "kind", ["link", "broken link", "link to itself", "folder", "pipe", "file"]
)
def test_what_has_the_name_of_a_version_is_not_touched(files, root, tmp_path, kind):
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    save(files, "a.gif", b"old")
    planted = root / f"a.{STAMP}.gif"
    plant(kind, planted, outside)
    before = planted.lstat()
    save(files, "a.gif", b"new", FIRST + A_DAY)
    assert os.path.samestat(planted.lstat(), before)
    assert (root / f"a.{STAMP}-2.gif").read_bytes() == b"old"
    assert (root / "a.gif").read_bytes() == b"new"
    assert outside.read_bytes() == b"mine"
    assert {entry.name for entry in tmp_path.iterdir()} == {"outside", "output"}


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_is_no_version_and_is_never_pruned(files, root, tmp_path, kind):
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    root.mkdir(exist_ok=True)
    planted = root / "a.20000101T000000Z.gif"
    plant(kind, planted, outside)
    for at in range(4):
        save(files, "a.gif", b"%d" % at, FIRST + at * A_DAY, versions=1)
    assert planted.lstat()
    found = tree(root)
    assert (found["a.gif"], found["a.20261123T103000Z.gif"]) == (b"3", b"2")
    assert len(found) == 2
    assert outside.read_bytes() == b"mine"


@pytest.mark.parametrize("kind", ["link", "broken link", "pipe"])
def test_what_is_no_file_is_replaced_and_not_kept(files, root, tmp_path, kind):
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    plant(kind, root / "a", outside)
    assert save(files, "a", b"new") == "a"
    assert outside.read_bytes() == b"mine"
    assert tree(root) == {"a": b"new"}
    assert [entry.name for entry in root.iterdir()] == ["a"]


def test_a_folder_in_the_way_has_the_versions_of_the_second_choice(files, root):
    (root / "a").mkdir()
    for at in range(3):
        stored = save(files, "a", b"%d" % at, FIRST + at)
    assert stored == f"a-{1:016x}"
    names = (stored, f"{stored}.20261121T103000Z", f"{stored}.20261121T103001Z")
    assert tree(root) == dict(zip(names, (b"2", b"0", b"1"), strict=True))


def test_a_link_where_a_folder_is_needed_leads_no_version_outside(files, root, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a").write_bytes(b"mine")
    (root / "h").symlink_to(tmp_path / "outside")
    for at in range(3):
        stored = save(files, "h/a", b"%d" % at, FIRST + at)
    assert re.fullmatch(r"h-[0-9a-f]{16}/a", stored)
    assert len(list((root / stored).parent.iterdir())) == 3
    assert tree(tmp_path / "outside") == {"a": b"mine"}


def test_names_that_only_look_alike_are_no_versions(files, root):
    alike = [
        "a.gif.20001121T103000Z", "b.20001121T103000Z.gif", "a.20001121T103000Z.png",
        "a.20001121T103000.gif", "a-20001121T103000Z.gif", "a.20001121T103000Z-x.gif",
        "a.20001121T103000Z-0123456789abcdef.gif", "A.20001121T103000Z.gif",
        "a.20001121T103000Z_.gif", "xa.20001121T103000Z.gif", "a.x.20001121T103000Z.gif",
        "a.20001121T103000Z.gif.1",
    ]  # fmt: skip
    for name in alike:
        (root / name).write_bytes(b"mine")
    for at in range(4):
        save(files, "a.gif", b"%d" % at, FIRST + at * A_DAY, versions=1)
    found = tree(root)
    assert all(found.pop(name) == b"mine" for name in alike)
    assert found == {"a.gif": b"3", "a.20261123T103000Z.gif": b"2"}


def test_so_many_versions_of_one_second_that_no_name_is_left_are_a_value(files, root):
    save(files, "a", b"old")
    (root / f"a.{STAMP}").write_bytes(b"")
    for number in range(2, 1000):
        (root / f"a.{STAMP}-{number}").symlink_to("nowhere")
    assert "too many older versions" in str(save(files, "a", b"new"))
    assert (root / "a").read_bytes() == b"old"


@pytest.fixture
def small_disk(root):
    """An output folder on a disk of one megabyte."""
    with real.small_disk(root, "1m") as disk:
        yield disk


def test_a_full_disk_leaves_the_file_and_its_versions(small_disk):
    with Files(small_disk, durable=True) as files:
        save(files, "h/a", b"0")
        save(files, "h/a", b"1", FIRST + 1)
        assert isinstance(save(files, "h/a", bytes(2_000_000), FIRST + 2, versions=1), OSError)
        assert tree(small_disk) == {"h/a": b"1", f"h/a.{STAMP}": b"0"}
        assert save(files, "h/a", b"2", FIRST + 3, versions=1) == "h/a"
    assert tree(small_disk) == {"h/a": b"2", "h/a.20261121T103001Z": b"1"}


STEPS = {"open", "os.link", "os.rename", "os.remove", "os.scandir", "os.utime", "os.mkdir"}
"""System calls that touch the disk, as CPython tells of them before they are made."""

CRASHING = f"""
import crawler, itertools, os, pathlib, sys
from crawler.store import Body, Files
from crawler.store.files import part_name

def save(root, left):
    def count(event, _):
        nonlocal left
        left -= event in {STEPS}
        if left < 0:
            os._exit(9)
    with Files(root, durable=True) as files:
        for at in range(4):
            if at == 3:
                sys.addaudithook(count)
            part = part_name("h/a.gif", 1, 1)
            files.save([Body("h/a.gif", part, 1, b"%d" % at, {FIRST} + at, 2)])
        os._exit(0)

for step in itertools.count():
    child = os.fork()
    if not child:
        save(pathlib.Path(sys.argv[1]) / str(step), step)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 9:
        os._exit(os.waitstatus_to_exitcode(status))
"""


def test_a_crash_at_any_step_leaves_whole_files_and_the_next_change_goes_on(tmp_path):
    """The process is a real one, and ends, as by kill -9, before every one of its steps in turn."""
    command = [sys.executable, "-c", CRASHING, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    kinds, steps = set(), list(tmp_path.iterdir())
    for root in steps:
        found = {name: body for name, body in tree(root).items() if not name.endswith(".part")}
        kinds.add(tuple(sorted(found.values())))
        assert found["h/a.gif"] in {b"2", b"3"}
        assert found.items() >= {"h/a.20261121T103001Z.gif": b"1"}.items()
        with Files(root, durable=False) as files:
            save(files, "h/a.gif", b"3", FIRST + 3)  # the same again, after the restart
            kept = {f"h/a.20261121T10300{at}Z.gif": b"%d" % at for at in (1, 2)}
            assert tree(root).items() >= {"h/a.gif": b"3", **kept}.items()
            save(files, "h/a.gif", b"4", FIRST + 4)
        assert sorted(tree(root).values()) == [b"2", b"3", b"4"]
    assert len(steps) > 8
    assert kinds == {
        (b"0", b"1", b"2"),  # before
        (b"0", b"1", b"2", b"2"),  # kept
        (b"0", b"1", b"2", b"3"),  # replaced
        (b"1", b"2", b"3"),  # pruned
    }


def test_a_version_is_there_before_the_file_changes_and_both_names_before_the_answer(tmp_path):
    strace = real.needs("strace")
    script = f"""
import crawler, os, pathlib
from crawler.store import Body, Files
with Files(pathlib.Path({str(tmp_path)!r}) / "out", durable=True) as files:
    for n in range(3):
        os.write(1, b"begin")
        files.save([Body("h/a", "h/a.part", 1, b"%d" % n, {FIRST} + n, 1)])
        os.write(1, b"answered")
"""
    trace = tmp_path / "trace"
    calls = "trace=write,fsync,linkat,unlink,unlinkat,rename,renameat,renameat2"
    command = [strace, "-f", "-y", "-o", str(trace), "-e", calls, sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, check=False)
    if b"ptrace" in done.stderr or b"PTRACE" in done.stderr:
        real.lacks(f"strace may not trace: {done.stderr.decode()}")
    assert done.stdout == b"beginanswered" * 3, done.stderr
    wanted = {
        r'write\(1<.*, "begin"': "begin",
        r"fsync\(\d+<.*/out/h/a\.part>": "sync file",
        rf'linkat\(.*"a", \d+<.*/out/h>, "a\.{STAMP[:13]}\d\dZ", 0': "keep",
        r'rename\w*\(.*a\.part.*"a"': "replace",
        r'unlink\w*\(\d+<.*/out/h>, "a\.': "prune",
        r"fsync\(\d+<.*/out/h>": "sync folder",
        r'write\(1<.*, "answered"': "answer",
    }
    lines = Path(trace).read_text().splitlines()
    order = [step for line in lines for call, step in wanted.items() if re.search(call, line)]
    assert order == [
        "begin", "sync file", "replace", "sync folder", "answer",
        "begin", "sync file", "keep", "replace", "sync folder", "answer",
        "begin", "sync file", "keep", "replace", "prune", "sync folder", "answer",
    ]  # fmt: skip
