"""The state file seen from outside: which one is refused, and with what to do."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from crawler.errors import StateError
from crawler.frontier import Wanted, open_ledger
from crawler.frontier.sql.tables.ledger import VERSION
from tests import real
from tests.parts.desk import rows
from tests.parts.frontiers import Timed
from tests.parts.ledgers import execute, tear

V1 = Path(__file__).parent / "state_v1.sql"


def read(file, **how):
    with open_ledger(file, **how) as desk:
        return desk.sums(), rows(desk, Wanted())


def refusal(file, **how):
    with pytest.raises(StateError) as refused:
        read(file, **how)
    assert refused.value.exit_code == 1
    assert str(file) in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("write", [False, True])
def test_a_missing_file_is_refused_and_not_made(file, write):
    assert "is not there. A daemon makes it when it starts" in refusal(file, write=write)
    assert not file.exists()


def test_an_empty_file_is_refused_and_left_empty(file):
    file.touch()
    assert "is empty; a daemon fills it" in refusal(file, write=True)
    assert not file.stat().st_size


def test_a_folder_is_refused(file):
    file.mkdir()
    assert "is a folder" in refusal(file)


def test_a_database_of_another_program_is_refused(file):
    execute(file, "CREATE TABLE bookmark (url TEXT)")
    assert "is a database of another program" in refusal(file)


def test_a_ledger_of_a_newer_crawler_is_refused(file, frontier):
    execute(file, "PRAGMA user_version = 99")
    assert f"schema 99, this one knows {VERSION}" in refusal(file)


def test_a_ledger_of_an_older_crawler_is_to_be_migrated_by_the_daemon(file):
    with closing(sqlite3.connect(file)) as db:
        db.executescript(V1.read_text())
    assert "start the daemon once to migrate it" in refusal(file)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_ledger_of_an_older_crawler_tells_its_id_and_jobs_where_that_is_wanted(file, version):
    with closing(sqlite3.connect(file)) as db:
        db.executescript((V1.parent / f"state_v{version}.sql").read_text())
        names = {name for (name,) in db.execute("SELECT name FROM job WHERE id != 0")}
    before = file.read_bytes()
    with open_ledger(file, older=True) as desk:
        sums = desk.sums()
    assert (sums.current, {job.name for job in sums.jobs}) == (False, names)
    assert (sums.members, sums.hosts) == ((), None)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [b"\0\xff" * 5000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database_is_refused_with_what_to_do(file, content):
    file.write_bytes(content)
    told = refusal(file)
    assert "`crawler backup`" in told
    assert f"sqlite3 {file} .recover" in told
    assert file.read_bytes() == content


def test_a_ledger_with_a_torn_page_is_refused_when_it_is_met(file):
    tear(file)
    told = refusal(file)
    assert "is damaged" in told
    assert "-wal and -shm away" in told


def test_a_ledger_of_another_user_is_refused_with_what_to_do():
    real.needs_root("become nobody")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "state.sqlite")
        with Timed(file, durable=False):
            Path(folder).chmod(0o755)
            file.chmod(0o600)
            os.seteuid(65534)
            try:
                told = refusal(file)
            finally:
                os.seteuid(0)
    assert "run the crawler as the user whose it is" in told
