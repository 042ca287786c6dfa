"""How much a body differs from the file that it is to replace."""

import os

import pytest

from crawler.policy.differences import MAX_BYTES
from crawler.store.changes import differences

DIGITS = ("[0-9]+",)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "j").mkdir()
    (tmp_path / "j" / "x").write_bytes(b"at 12 h")
    return tmp_path


def test_a_body_in_memory_or_in_a_part_is_compared_by_what_is_ignored(folder):
    (folder / "j" / "y").write_bytes(b"at 345 h")
    for body in (b"at 345 h", "j/y"):
        assert differences(folder, "j/x", body, [(), DIGITS]) == (((), 3), (DIGITS, 0))


@pytest.mark.parametrize("path", ["j/gone", "gone/x", "j/link", "j/pipe", "j"])
def test_what_is_no_file_any_more_cannot_be_compared(folder, path):
    (folder / "j" / "link").symlink_to("x")
    os.mkfifo(folder / "j" / "pipe")
    assert differences(folder, path, b"x", [()]) in {(), (((), 1),)}
    assert differences(folder, "j/x", path, [()]) in {(), (((), 7),)}


def test_long_versions_are_not_compared(folder):
    assert differences(folder, "j/x", bytes(MAX_BYTES + 1), [()]) == ()
    (folder / "j" / "x").write_bytes(bytes(MAX_BYTES + 1))
    assert differences(folder, "j/x", b"x", [()]) == ()
