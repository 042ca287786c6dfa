"""A fault of storing says itself whether it is a file's, or the folder's and its disk's."""

import errno
import os

import pytest

from crawler.fetch.failures import trouble_of
from crawler.model import Kind
from crawler.store import Body, FileFaultError, Files, FolderFaultError, is_folders, may_be_folders
from crawler.store.faults import fault_of
from crawler.store.files import part_name

NAMES = ["EROFS", "ENOSPC", "EDQUOT", "EIO", "ENOTCONN", "ESTALE", "ENODEV", "ENXIO", "EMFILE"]


def body(path: str) -> Body:
    return Body(path, part_name(path, 1, 1), 1, b"content")


@pytest.mark.parametrize("name", NAMES)
def test_a_disk_that_is_full_read_only_broken_or_away_is_the_fault_of_no_file(name):
    error = OSError(getattr(errno, name), os.strerror(getattr(errno, name)))
    assert is_folders(error)
    trouble = trouble_of(fault_of(error), in_body=True)
    assert (trouble.kind, trouble.ours, trouble.reason) == (Kind.LOCAL_IO, True, error.strerror)


@pytest.mark.parametrize("name", ["ENAMETOOLONG", "ENOTDIR", "EISDIR", "ELOOP", "EFBIG", "EINVAL"])
def test_a_fault_of_one_path_is_no_other_files_and_no_hosts(name):
    error = OSError(getattr(errno, name), "so it is")
    assert not is_folders(error)
    assert not may_be_folders(error)
    trouble = trouble_of(fault_of(error), in_body=True)
    assert (trouble.kind, trouble.ours) == (Kind.LOCAL_IO, False)


def test_the_connection_of_a_host_is_no_disk():
    broken = ConnectionAbortedError(errno.ECONNABORTED, "the host is gone")
    assert trouble_of(broken, in_body=True).kind is Kind.TRUNCATED


def test_a_folder_that_is_gone_is_the_fault_of_no_file_though_it_is_back_at_once(tmp_path):
    root, away = tmp_path / "files", tmp_path / "away"
    with Files(root, durable=False) as files:
        (root / ".crawlerd").write_text('{"ledger": "one"}')
        files.keep_to("one")
        root.rename(away)
        (error,) = files.save([body("j/a")])
        with pytest.raises(FolderFaultError) as caught:
            files.part("j/b.part").write(b"content")
        away.rename(root)
        assert files.fault() is None
    assert is_folders(error)
    assert caught.value.errno == error.errno == errno.ENOENT
    trouble = trouble_of(caught.value, in_body=True)
    assert (trouble.kind, trouble.ours) == (Kind.LOCAL_IO, True)


def test_a_part_that_cannot_be_made_is_the_fault_of_its_name(tmp_path):
    with Files(tmp_path, durable=False) as files, pytest.raises(FileFaultError) as caught:
        files.part("x" * 300 + ".part").write(b"content")
    assert not is_folders(caught.value)
    assert not may_be_folders(caught.value)
