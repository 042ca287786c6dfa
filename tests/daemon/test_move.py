"""`crawler move`, `migrate` and `backup`, as an operator types them, with daemons around them."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest
import yaml

from tests.program import CRAWLER, Daemon, until, write_config
from tests.program import crawler as crawler_in
from tests.servers import Site


@pytest.fixture
def site():
    with Site(lambda path: path.encode()) as one:
        yield one


@pytest.fixture
def config(site, tmp_path):
    return write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-5]"], "path": "{name}"}])


def crawler(*arguments: object) -> subprocess.CompletedProcess[str]:
    return crawler_in(*map(str, arguments), cwd=Path("/"))


def run(config: Path, *arguments: str) -> "Daemon":
    with Daemon(config, "--until-done", *arguments) as daemon:
        daemon.code = daemon.wait()
    return daemon


def set_state(config: Path, state: str) -> None:
    document = yaml.safe_load(config.read_text())
    document["crawler"] |= {"state": state, "lists": "lists"}
    config.write_text(yaml.safe_dump(document))


def jobs(config: Path) -> dict:
    (job,) = json.loads(crawler("status", "-c", config, "--json").stdout)["jobs"]
    return {name: job[name] for name in ("known", "ok", "waiting")}


def test_a_crawl_goes_on_where_its_ledger_moved_to_and_fetches_nothing_twice(
    site, config, tmp_path, database
):
    run(config)
    assert len(site.requests) == 5
    before = jobs(config)
    told = crawler("move", tmp_path / "state.sqlite", database)
    assert told.returncode == 0, told.stderr
    assert "copied, and found the same" in told.stdout
    assert "crawler@" not in told.stdout
    assert "set crawler.state to that" in told.stdout
    old = run(config)
    assert old.code == 1
    assert "was moved to" in old.told("daemon.failed")[0]["cause"]
    assert jobs(config) == before
    set_state(config, database)
    new = run(config)
    assert new.code == 0, new.records
    assert jobs(config) == before
    assert crawler("audit", "-c", config).returncode == 0
    back = tmp_path / "back.sqlite"
    assert crawler("move", database, back).returncode == 0
    set_state(config, str(back))
    assert run(config).code == 0
    assert jobs(config) == before
    assert len(site.requests) == 5


def test_a_move_is_refused_while_a_daemon_works_and_says_which(config, tmp_path, database):
    with Daemon(config) as daemon:
        daemon.wait_for("job.synced")
        told = crawler("move", tmp_path / "state.sqlite", database)
        assert told.returncode == 2
        assert f"{daemon.process.pid} on " in told.stderr
        daemon.stop()
    assert crawler("move", tmp_path / "state.sqlite", database).returncode == 0


def test_an_undone_move_gives_the_folder_back_and_the_other_ledger_is_refused(
    site, config, tmp_path, database
):
    run(config)
    state = tmp_path / "state.sqlite"
    crawler("move", state, database)
    undone = crawler("move", "--undo", state)
    assert undone.returncode == 0, undone.stderr
    assert "--new-ledger" in undone.stdout
    assert run(config).code == 2
    assert run(config, "--new-ledger").code == 0
    set_state(config, database)
    other = run(config)
    assert other.code == 2
    assert len(site.requests) == 5


def test_a_move_that_is_killed_goes_on_and_is_told_of_meanwhile(config, tmp_path, database):
    run(config)
    state = tmp_path / "state.sqlite"
    with psycopg.connect(database) as held:
        held.execute("CREATE SCHEMA crawler")  # its move waits for the end of this transaction
        move = subprocess.Popen([*CRAWLER, "move", str(state), database], stderr=subprocess.DEVNULL)
        until(lambda: waits(database), "the move does not begin")
        with Daemon(config) as daemon:
            daemon.wait_for("daemon.waiting")
            move.kill()
            move.wait()
            assert daemon.stop() == 0
    assert crawler("move", state, database).returncode == 0


def waits(database: str) -> bool:
    with psycopg.connect(database, autocommit=True) as db:
        sql = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return db.execute(sql).fetchone() is not None


def test_odd_arguments_are_told_and_no_password(config, tmp_path):
    run(config)
    state = tmp_path / "state.sqlite"
    url = "postgresql://crawler:hunter2@127.0.0.1:1/crawler"
    for arguments in ([state], ["--undo", state, state], [state, f"{url}?what=1"]):
        told = crawler("move", *arguments)
        assert told.returncode == 2
        assert "hunter2" not in told.stderr + told.stdout
    told = crawler("move", state, url)
    assert told.returncode == 1
    assert "hunter2" not in told.stderr + told.stdout
    assert crawler("move", "--undo", state).returncode == 2


def test_a_backup_of_a_server_is_a_file_that_every_verb_reads(site, config, tmp_path, database):
    set_state(config, database)
    run(config)
    backup = tmp_path / "backup.sqlite"
    told = crawler("backup", backup, "-c", config)
    assert told.returncode == 0, told.stderr
    assert "checked and whole" in told.stdout
    exported = crawler("export", "--state", backup, "--format", "list").stdout
    assert sorted(exported.split()) == [f"{site.url}/{n}" for n in range(1, 6)]
    set_state(config, str(backup))
    assert run(config).code == 0
    assert len(site.requests) == 5


def test_migrate_makes_a_ledger_on_a_server_and_then_has_nothing_to_do(config, database):
    set_state(config, database)
    told = crawler("migrate", "-c", config)
    assert told.returncode == 0, told.stderr
    assert "an empty ledger is there now" in told.stdout
    assert "nothing to do" in crawler("migrate", "--state", database).stdout
    assert crawler("status", "-c", config).returncode == 0
