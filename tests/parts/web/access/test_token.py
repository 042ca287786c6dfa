"""The file of the token: made once, for its user alone."""

import os
import stat
from pathlib import Path

import gevent
import pytest

from crawler.errors import LocalFaultError, UsageError
from crawler.state_address import state_address
from crawler.web.access.token import file_of, token_in
from tests import real
from tests.rigs.disks import fill


def test_it_is_made_once_and_read_from_then_on(tmp_path):
    file = tmp_path / "new" / "state.sqlite.token"
    token = token_in(file)
    assert len(token) == 43
    assert token_in(file) == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert list(file.parent.iterdir()) == [file], "nothing else is left there"


def test_two_that_begin_at_once_have_one_token(tmp_path):
    found = [gevent.spawn(token_in, tmp_path / "token") for _ in range(10)]
    gevent.joinall(found, raise_error=True)
    assert len({one.value for one in found}) == 1


def test_an_umask_gives_and_takes_no_right(tmp_path):
    before = os.umask(0o777)
    try:
        token_in(tmp_path / "token")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_one_that_others_may_read_is_refused_and_not_told(tmp_path, mode):
    token = token_in(tmp_path / "token")
    (tmp_path / "token").chmod(mode)
    with pytest.raises(UsageError, match="may be read by others") as refused:
        token_in(tmp_path / "token")
    assert token not in str(refused.value)


def test_a_place_that_cannot_be_written_is_told_with_the_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--token-file names another one"):
        token_in(tmp_path / "file" / "token")


def test_a_full_disk_is_told_as_one_and_leaves_nothing_behind(tmp_path):
    real.needs_root("mount a disk")
    with real.small_disk(tmp_path / "small", "64k") as disk:
        ballast = fill(disk)
        with pytest.raises(LocalFaultError, match="No space left on device"):
            token_in(disk / "token")
        assert [*disk.iterdir()] == [ballast]
        ballast.unlink()
        assert len(token_in(disk / "token")) == 43


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda file: file.symlink_to("/dev/zero")])
def test_what_is_no_file_is_refused_at_once(tmp_path, make):
    make(tmp_path / "token")
    with gevent.Timeout(5), pytest.raises(UsageError, match="--token-file names another one"):
        token_in(tmp_path / "token")


def test_it_lies_beside_the_ledger_or_beside_the_output_folder():
    assert file_of(Path("/var/c.sqlite"), None) == Path("/var/c.sqlite.token")
    server = state_address("postgresql://db.example/crawler")
    assert file_of(server, Path("/var/files")) == Path("/var/files.token")
    with pytest.raises(UsageError, match="--token-file"):
        file_of(server, None)
