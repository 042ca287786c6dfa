"""A ledger that goes away ends the daemon, and no start begins a second one by itself."""

import json
import shutil
from pathlib import Path

import pytest

from crawler.frontier import open_ledger
from tests.program import Daemon, crawler, ledger, write_config
from tests.servers import Site


@pytest.fixture
def site():
    with Site(lambda path: path.encode()) as one:
        yield one


def config_of(folder: Path, site: Site, **more) -> Path:
    return write_config(folder, [{"name": "j", "urls": [f"{site.url}/[1-3]"], **more}])


def remove_state(folder: Path) -> None:
    for file in folder.glob("state.sqlite*"):
        file.unlink()


def run_once(config: Path, *arguments: str) -> "Daemon":
    with Daemon(config, "--until-done", *arguments) as daemon:
        daemon.code = daemon.wait()
    return daemon


@pytest.mark.parametrize("how", ["deleted", "replaced", "truncated"])
def test_a_state_file_that_goes_away_ends_the_daemon_with_1(site, tmp_path, how):
    config = config_of(tmp_path, site)
    state = tmp_path / "state.sqlite"
    with Daemon(config) as daemon:
        daemon.wait_for("job.synced")
        daemon.wait_for("visit")
        if how == "deleted":
            remove_state(tmp_path)
        elif how == "replaced":
            shutil.copy(state, tmp_path / "copy")
            (tmp_path / "copy").replace(state)
        else:
            with state.open("rb+") as file:
                file.truncate(0)
        assert daemon.wait() == 1
        (failed,) = daemon.told("daemon.failed")
        assert f"was {how}" in failed["cause"]
        assert "Traceback" not in daemon.errors


def test_a_start_with_neither_ledger_nor_mark_tells_of_files_that_nobody_knows(site, tmp_path):
    config = config_of(tmp_path, site)
    first = run_once(config)
    assert not first.told("ledger.new")
    remove_state(tmp_path)
    (tmp_path / "files" / ".crawlerd").unlink()
    again = run_once(config)
    assert again.code == 0
    (told,) = again.told("ledger.new")
    assert told["level"] == "warning"
    assert f"{tmp_path / 'files'} holds files that no ledger knows, as " in told["cause"]
    assert "every URL is visited anew" in told["cause"]
    assert len(again.told("visit", kind="stored")) == 3
    assert not run_once(config).told("ledger.new")
    remove_state(tmp_path)
    assert not run_once(config, "--new-ledger").told("ledger.new")  # it was asked for


def test_a_start_without_its_ledger_begins_no_other_one(site, tmp_path):
    config = config_of(tmp_path, site)
    state = tmp_path / "state.sqlite"
    assert run_once(config).code == 0
    copy = tmp_path / "copy"
    with open_ledger(state) as desk:
        desk.backup(copy)
    remove_state(tmp_path)
    for empty in (False, True):
        if empty:
            state.touch()
        refused = run_once(config)
        assert refused.code == 2
        assert "is not there or empty" in refused.errors
        assert "`crawler run --new-ledger` begins an empty ledger" in refused.errors
        assert not (state.exists() and state.stat().st_size)
        told = crawler("check", "-c", str(config), cwd=tmp_path)
        assert (told.returncode, "run --new-ledger" in told.stderr) == (2, True)
    shutil.copy(copy, state)
    assert run_once(config).code == 0
    assert len(site.paths()) == 3, "the backup is the ledger of these files"


def test_a_start_with_another_ledger_is_refused_until_the_operator_takes_it(site, tmp_path):
    config = config_of(tmp_path, site)
    assert run_once(config).code == 0
    remove_state(tmp_path)
    other = config_of(tmp_path / "other", site)
    assert run_once(other).code == 0
    shutil.copy(tmp_path / "other/state.sqlite", tmp_path / "state.sqlite")
    refused = run_once(config)
    assert refused.code == 2
    assert "belong to the ledger" in refused.errors
    assert "visits what it has not stored itself" in refused.errors
    assert "empty ledger" not in refused.errors
    assert run_once(config, "--new-ledger").code == 0
    assert len(site.paths()) == 6, "the other ledger has stored all of its own"
    assert run_once(config).code == 0
    named = json.loads((tmp_path / "files/.crawlerd").read_text())
    with ledger(tmp_path) as db:
        assert (named["ledger"],) == db.execute("SELECT uid FROM ledger").fetchone()


def test_a_new_ledger_is_begun_when_the_operator_says_so(site, tmp_path):
    config = config_of(tmp_path, site)
    assert run_once(config).code == 0
    remove_state(tmp_path)
    assert run_once(config, "--new-ledger").code == 0
    assert len(site.paths()) == 6


def test_a_ledger_without_an_id_takes_that_of_its_output(site, tmp_path):
    config = config_of(tmp_path, site)
    assert run_once(config).code == 0
    with ledger(tmp_path) as db, db:
        db.execute("UPDATE ledger SET uid = ''")
    assert run_once(config).code == 0


def test_fetch_goes_its_own_way_in_the_output_of_a_daemon(site, tmp_path):
    config = config_of(tmp_path, site)
    assert run_once(config).code == 0
    mark = (tmp_path / "files/.crawlerd").read_bytes()
    for archive in ([], ["--archive", "archive.sqlite"]):
        done = crawler("fetch", f"{site.url}/9", "-o", "files", *archive, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "files/.crawlerd").read_bytes() == mark
