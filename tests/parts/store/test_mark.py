"""The output folder names the ledger that knows its files."""

import pytest

from crawler.store.mark import NAME, ledger_named, name_ledger


def test_what_is_written_is_read_again(tmp_path):
    assert ledger_named(tmp_path) == ""
    for uid in ("a" * 32, "b" * 32):
        name_ledger(tmp_path, uid)
        assert ledger_named(tmp_path) == uid
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"ledger": 3}', b"{}", b"{"])
def test_a_mark_that_cannot_be_read_names_nothing(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    assert ledger_named(tmp_path) == ""


def test_a_folder_that_cannot_be_written_is_left_without_a_mark(tmp_path):
    name_ledger(tmp_path / "missing", "a" * 32)
    assert ledger_named(tmp_path / "missing") == ""
