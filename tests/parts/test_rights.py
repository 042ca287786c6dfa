"""Who may read what the crawler keeps for itself, whatever the umask says."""

import grp
import os
import stat

import pytest

from crawler.errors import UsageError
from crawler.rights import (
    PRIVATE,
    Rights,
    as_file,
    as_folder,
    make_folder,
    make_ledger,
    rights_of,
    settle_ledger,
    settle_lists,
)


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_what_is_made_is_for_its_user_alone(umask, tmp_path):
    make_folder(tmp_path / "a" / "b")
    assert [mode(tmp_path / "a"), mode(tmp_path / "a" / "b")] == [0o700, 0o700]
    state = tmp_path / "a" / "b" / "state.sqlite"
    make_ledger(state)
    settle_ledger(state, PRIVATE)
    assert mode(state) == 0o600


def test_a_group_may_read_and_no_more(umask, tmp_path):
    rights = rights_of(grp.getgrgid(os.getegid()).gr_name)
    assert rights == Rights(0o640, 0o750, os.getegid())
    make_folder(tmp_path / "a", rights)
    state = tmp_path / "a" / "state.sqlite"
    make_ledger(state)
    settle_ledger(state, rights)
    assert (mode(tmp_path / "a"), mode(state)) == (0o750, 0o640)


def test_a_folder_that_is_there_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    make_folder(tmp_path)
    assert mode(tmp_path) == 0o755


def test_what_an_earlier_version_left_open_is_closed(tmp_path):
    state = tmp_path / "s[1].sqlite"
    names = ("", "-wal", "-shm", ".v3", ".v12", ".lists/a.list", ".lists/a.json")
    (tmp_path / "s[1].sqlite.lists").mkdir(mode=0o755)
    files = [tmp_path / f"{state.name}{name}" for name in names]
    others = [state.with_name(name) for name in ("other", "s1.sqlite.v3", "s[1].sqlite.version")]
    for file in (*files, *others):
        file.touch()
        file.chmod(0o666)
    settle_ledger(state, PRIVATE)
    settle_lists(tmp_path / "s[1].sqlite.lists", PRIVATE)
    assert {mode(file) for file in files} == {0o600}
    assert mode(tmp_path / "s[1].sqlite.lists") == 0o700
    assert {mode(file) for file in others} == {0o666}


def test_a_link_in_the_place_of_a_file_leads_to_no_other_file(tmp_path):
    other = tmp_path / "other"
    other.touch()
    other.chmod(0o644)
    (tmp_path / "state.sqlite-wal").symlink_to(other)
    settle_ledger(tmp_path / "state.sqlite", PRIVATE)
    assert mode(other) == 0o644


def test_a_copy_has_the_rights_of_its_folder_or_of_what_it_copies(tmp_path):
    folder, copy = tmp_path / "lists", tmp_path / "lists" / "copy"
    folder.mkdir()
    copy.touch()
    folder.chmod(0o750)
    as_folder(copy)
    assert mode(copy) == 0o640
    tmp_path.joinpath("original").touch()
    tmp_path.joinpath("original").chmod(0o600)
    as_file(copy, tmp_path / "original")
    assert mode(copy) == 0o600


def test_a_group_that_is_not_there_is_told():
    with pytest.raises(
        UsageError, match=r"crawler\.group: this machine has no group 'no-such-one'"
    ):
        rights_of("no-such-one")
