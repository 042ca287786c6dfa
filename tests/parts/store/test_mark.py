"""The output folder names the ledger that knows its files; without the mark nothing is stored."""

import errno
import hashlib
import resource

import pytest

from crawler.store import Body, Files, FolderFaultError
from crawler.store.files import part_name
from crawler.store.mark import NAME, ledger_named, mark_of, name_ledger, seen_named, store_named
from crawler.stored_files import StoredFile
from crawler.threads import Native

UID = "0123456789abcdef"
STORED = StoredFile(
    1, "j", "http://h/a", 1, "j/a", 7, hashlib.sha256(b"content").hexdigest(), True, True
)
BODY = Body("j/a", part_name("j/a", 1, 1), 1, b"content")


def test_what_is_written_is_read_again(tmp_path):
    assert ledger_named(tmp_path) == ""
    for uid in ("a" * 32, "b" * 32):
        name_ledger(tmp_path, uid)
        assert ledger_named(tmp_path) == uid
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_a_folder_keeps_its_id_whatever_ledger_it_gets(tmp_path):
    assert store_named(tmp_path) == ""
    name_ledger(tmp_path, UID)
    store = store_named(tmp_path)
    assert mark_of(tmp_path) == (UID, store)
    assert len(store) == 32
    before = (tmp_path / NAME).stat()
    name_ledger(tmp_path, UID)
    assert (tmp_path / NAME).stat() == before, "what is right is not written again"
    name_ledger(tmp_path, "b" * 32)
    assert mark_of(tmp_path) == ("b" * 32, store)


def test_two_folders_have_two_ids(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        name_ledger(tmp_path / name, UID)
    assert store_named(tmp_path / "one") != store_named(tmp_path / "two")


@pytest.mark.parametrize("content", [b'{"ledger": "0123456789abcdef"}\n', b"{", None])
def test_machines_that_begin_at_once_in_one_folder_agree_on_its_id(tmp_path, content):
    """An earlier crawler's mark has no id, a torn one nothing, and a new folder no mark."""

    def begin(folder):
        early = store_named(folder)
        name_ledger(folder, UID)
        return {early, store_named(folder)} - {""}

    with Native(8) as machines:
        for number in range(50):
            folder = tmp_path / str(number)
            folder.mkdir()
            if content is not None:
                (folder / NAME).write_bytes(content)
            said = set().union(*machines.each(begin, [folder] * 8))
            assert said == {mark_of(folder).store}
            assert [file.name for file in folder.iterdir()] == [NAME]


def test_a_file_system_without_links_gets_its_mark(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr("os.link", refuse)
    name_ledger(tmp_path, UID)
    assert ledger_named(tmp_path) == UID
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"ledger": 3}', b"{}", b"{"])
def test_a_mark_that_cannot_be_read_names_nothing(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    assert ledger_named(tmp_path) == ""


def test_a_folder_that_cannot_be_written_is_left_without_a_mark(tmp_path):
    name_ledger(tmp_path / "missing", "a" * 32)
    assert ledger_named(tmp_path / "missing") == ""


@pytest.fixture
def kept(root):
    with Files(root, durable=True) as files:
        name_ledger(root, UID)
        files.keep_to(UID)
        assert files.save([BODY]) == ["j/a"]
        yield files


def gone(root):
    root.rename(root.parent / "elsewhere")


def empty(root):
    gone(root)
    root.mkdir()


def of_another(root):
    empty(root)
    name_ledger(root, "other")


def broken(root):
    (root / NAME).write_bytes(b"\xff{")


@pytest.mark.parametrize("lose", [gone, empty, of_another, broken])
def test_nothing_is_stored_removed_or_made_while_the_folder_does_not_name_the_ledger(
    kept, root, lose
):
    lose(root)
    before = sorted(root.rglob("*")) if root.exists() else None
    (error,) = kept.save([BODY])
    assert isinstance(error, OSError)
    assert error.errno == errno.ENOENT
    assert "its disk unmounted" in kept.fault().strerror
    with pytest.raises(FolderFaultError):
        kept.part("j/b.part").write(b"content")
    assert not kept.exists("j/a")
    assert kept.measure("j/a", 10) is None
    assert kept.remove([STORED]).failed == ["j/a"]
    assert (sorted(root.rglob("*")) if root.exists() else None) == before


def test_a_folder_that_is_back_is_stored_into_again(kept, root):
    gone(root)
    assert kept.fault()
    (root.parent / "elsewhere").rename(root)
    assert kept.fault() is None
    assert kept.save([BODY]) == ["j/a"]
    assert ledger_named(root) == UID


def test_a_process_without_a_descriptor_left_cannot_tell_and_takes_nothing_for_lost(tmp_path):
    assert seen_named(tmp_path) == ""
    name_ledger(tmp_path, "0" * 32)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        assert seen_named(tmp_path) is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert seen_named(tmp_path) == "0" * 32
