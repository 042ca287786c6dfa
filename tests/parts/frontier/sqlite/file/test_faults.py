"""Faults of a real state file, each with the sentence that fits it."""

import os
import resource
import sqlite3
import subprocess
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from crawler.errors import CrawlerError, LocalFaultError, StateError
from crawler.frontier.sqlite.file.faults import error_of
from tests import real
from tests.parts.desk import unfinished
from tests.parts.frontiers import NOW, Timed, seeds
from tests.parts.ledgers import tear


def refused(file) -> CrawlerError:
    with pytest.raises(CrawlerError) as found, Timed(file, durable=False):
        pass
    assert str(found.value).startswith(f"{file}: ")
    return found.value


@pytest.fixture
def file(tmp_path):
    (tmp_path / "state").mkdir()
    file = tmp_path / "state" / "state.sqlite"
    with Timed(file, durable=False):
        pass
    return file


@contextmanager
def nobody(folder):
    """Become a user without rights until the end of the block."""
    real.needs_root("become nobody")
    for one in (folder, *folder.parents[:-2]):
        one.chmod(0o755)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_of_another_user_is_a_matter_of_rights(file):
    with nobody(file.parent):
        found = refused(file)
    assert isinstance(found, StateError)
    assert "run the crawler as the user whose it is" in str(found)


def test_a_folder_of_another_user_is_a_matter_of_rights(tmp_path):
    (tmp_path / "state").mkdir()
    with nobody(tmp_path / "state"):
        found = refused(tmp_path / "state" / "state.sqlite")
    assert isinstance(found, StateError)
    assert "give this one the rights to it and to its folder" in str(found)


def test_a_disk_that_is_mounted_read_only_is_told_as_that(tmp_path):
    with real.small_disk(tmp_path / "disk", "1m") as disk:
        file = disk / "state.sqlite"
        with Timed(file, durable=False):
            pass
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        found = refused(file)
    assert isinstance(found, StateError)
    assert "is mounted read-only: mount it for writing" in str(found)


def test_a_full_disk_may_pass_and_wants_room(tmp_path):
    with real.small_disk(tmp_path / "disk", "64k") as disk:
        (disk / "ballast").write_bytes(bytes(64 * 1024))
        found = refused(disk / "state.sqlite")
    assert isinstance(found, LocalFaultError)
    assert "is full: make room there" in str(found)


def test_a_lack_of_descriptors_may_pass_and_wants_a_higher_limit(file):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 9, limits[1])
    )
    taken = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.dup(0))
        with pytest.raises(sqlite3.Error) as refusal:
            sqlite3.connect(file).execute("BEGIN IMMEDIATE")
        found = error_of(file, refusal.value)
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert isinstance(found, LocalFaultError)
    assert "raise the limit of open files" in str(found)


def test_a_damaged_file_is_to_be_moved_away(file):
    file.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    found = refused(file)
    assert isinstance(found, StateError)
    assert "move it with its -wal and -shm away" in str(found)


def test_a_file_that_another_program_holds_may_pass(file, monkeypatch):
    monkeypatch.setattr("crawler.frontier.sqlite.file.database.OPEN_WAIT_S", 0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = refused(file)
    assert isinstance(found, LocalFaultError)
    assert "another program holds it" in str(found)


def test_damage_that_a_verb_meets_is_no_fault_that_passes(file):
    with Timed(file, durable=False) as frontier:
        frontier.add("j", seeds("a"), NOW)
    tear(file)
    with pytest.raises(StateError, match="is damaged"), Timed(file, durable=False) as one:
        unfinished(one)
