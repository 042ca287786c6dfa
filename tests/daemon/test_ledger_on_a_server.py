"""A ledger on a server that is away, stands still, restarts, or cannot be asked at all."""

import json
import os
import re
import signal
import stat
import subprocess
import time
from contextlib import contextmanager, suppress

import pytest

from tests import program
from tests.blocked import blocked, watch
from tests.postgres import Cluster
from tests.program import Daemon, assert_clean, crawler, ledger, until, write_config
from tests.servers import Site, slow
from tests.typed import ROOT, blocks

URLS = 150
AWAY = "cannot be reached: see whether it runs, and the network to it"


@pytest.fixture(scope="module")
def cluster():
    with Cluster(addresses=["127.0.0.1"]) as one:
        yield one


@pytest.fixture
def url(cluster, tmp_path, monkeypatch):
    """The URL of a database of this test's own on a server of this module's own, with a password.

    Nobody asks for it.
    """
    name = cluster.create()
    (tmp_path / "password").write_text("h1dden@/:%\n")
    at = cluster.url(name, address="127.0.0.1")
    monkeypatch.setattr(program, "state_of", lambda _: at)
    yield at.replace("@", ":${file:password}@", 1)
    cluster.drop(name)


@pytest.fixture
def site():
    with Site(slow(0.02)) as one:
        yield one


def jobs(site, **options):
    return [{"name": "j", "urls": [f"{site.url}/[1-{URLS}]"], "attempts": 1, **options}]


@contextmanager
def away(cluster):
    cluster.stop("immediate")
    try:
        yield
    finally:
        cluster.start()


@contextmanager
def still(cluster):
    """Let the server stand still, with all its connections."""
    pids = [pid for (pid,) in cluster.psql("SELECT pid FROM pg_stat_activity")]
    every = [cluster.postmaster, *pids]
    _signal(every, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(every, signal.SIGCONT)


def _signal(pids, number):
    for pid in pids:
        with suppress(ProcessLookupError):  # a backend ends when its client leaves
            os.kill(pid, number)


def test_a_server_that_is_away_at_the_start_is_waited_for_and_told_of_once(
    cluster, site, url, tmp_path
):
    config = write_config(tmp_path, jobs(site), state=url)
    with away(cluster), Daemon(config) as daemon:
        told = daemon.wait_for("daemon.waiting")
        assert AWAY in told["cause"]
        assert daemon.stop() == 0
    with Daemon(config, "--until-done") as daemon:
        with away(cluster):
            daemon.wait_for("daemon.waiting")
        assert daemon.wait() == 0
        assert len(daemon.told("daemon.waiting")) == 1
        assert len(daemon.told("visit", kind="stored")) == URLS
    assert_clean(tmp_path, urls=URLS)


def test_a_crawl_goes_on_by_itself_after_each_restart_and_nothing_is_lost_or_blocked(
    cluster, site, url, tmp_path, monkeypatch
):
    noted = tmp_path / "noted"
    watch(noted, monkeypatch)
    with Daemon(write_config(tmp_path, jobs(site), state=url), "--until-done") as daemon:
        for done, mode in ((10, "immediate"), (50, "fast")):
            until(lambda done=done: len(daemon.told("visit")) > done, "no visits", daemon)
            cluster.restart(mode)
        assert daemon.wait(90) == 0
        paused = [one for one in daemon.records if one["event"].endswith(".paused")]
        assert paused
        assert not [one for one in daemon.records if one["event"] == "visit" and "retry" in one]
        assert len({one["url"] for one in daemon.told("visit", kind="stored")}) == URLS
        assert not blocked(noted, daemon)
    assert_clean(tmp_path, urls=URLS)
    text = json.dumps(daemon.records) + daemon.errors
    assert "h1dden" not in text


def test_a_stop_waits_for_no_server_that_stands_still_and_the_next_start_goes_on(
    cluster, site, url, tmp_path
):
    config = write_config(tmp_path, jobs(site), state=url)
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) > 10, "no visits", daemon)
        with still(cluster):
            began = time.monotonic()
            assert daemon.stop() == 1
            assert time.monotonic() - began < 15
        assert AWAY in daemon.told("daemon.failed")[0]["cause"]
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait(90) == 0
    assert_clean(tmp_path, urls=URLS)


@pytest.mark.parametrize("verb", [["status"], ["pause"], ["find", "files/j/1"], ["audit"]])
def test_a_verb_says_within_seconds_that_the_server_is_away(cluster, site, url, tmp_path, verb):
    config = write_config(tmp_path, jobs(site), state=url)
    began = time.monotonic()
    with away(cluster):
        done = crawler(*verb, "-c", str(config), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("crawler: postgresql://***@127.0.0.1:")
    assert AWAY in done.stderr
    assert time.monotonic() - began < 20


def test_check_and_doctor_find_a_server_without_a_ledger_and_one_that_is_away(
    cluster, site, url, tmp_path
):
    config = str(write_config(tmp_path, jobs(site), state=url))
    done = crawler("check", "-c", config, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "state   postgresql://***@127.0.0.1:" in done.stdout
    done = crawler("status", "-c", config, cwd=tmp_path)
    assert (done.returncode, "holds no ledger. A daemon makes it" in done.stderr) == (1, True)
    with away(cluster):
        done = crawler("check", "-c", config, cwd=tmp_path)
        assert (done.returncode, AWAY in done.stderr) == (1, True)
        done = crawler("doctor", "-c", config, cwd=tmp_path)
        assert (done.returncode, AWAY in done.stdout, done.stderr) == (1, True, "")


@pytest.fixture
def least(cluster, tmp_path, monkeypatch):
    """The URL of a ledger as docs/postgresql.md sets it up, but for its names, with a password."""
    (sql,) = blocks((ROOT / "docs/postgresql.md").read_text(), "sql")
    script = re.sub(r"\bcrawler\b", "least", sql) + "ALTER ROLE least PASSWORD 'h1dden@/:%';"
    (tmp_path / "password").write_text("h1dden@/:%\n")
    psql = [str(cluster.binaries / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", cluster.url()]
    subprocess.run(psql, input=script, text=True, check=True)
    access = cluster.data / "pg_hba.conf"
    before = access.read_text()
    access.write_text(f"host all least 127.0.0.1/32 scram-sha-256\n{before}")
    cluster.psql("SELECT pg_reload_conf()")
    at = cluster.url("least", address="127.0.0.1")
    at = at.replace("crawler@", "least:${file:password}@") + "?options=-csearch_path%3Dleast"
    yield at
    access.write_text(before)
    cluster.psql("SELECT pg_reload_conf()")
    cluster.drop("least")
    cluster.psql("DROP ROLE least")


def test_the_rights_that_the_manual_gives_are_enough_for_all(least, site, tmp_path):
    config = str(write_config(tmp_path, jobs(site), state=least))
    done = crawler("run", "-c", config, "--until-done", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for verb in (["pause"], ["resume"], ["retry", "--kind", "stored"], ["audit", "--fix"]):
        assert crawler(*verb, "-c", config, cwd=tmp_path).returncode == 0
    done = crawler("doctor", "-c", config, "--json", cwd=tmp_path)
    found = {one["check"]: one for one in json.loads(done.stdout)["findings"]}
    assert "rights" not in found
    assert found["server"]["level"] == found["connections"]["level"] == "ok"
    assert found["durability"]["found"].startswith("f")  # the tests' own server does without fsync


def test_a_password_that_is_wrong_is_waited_for_by_nobody(least, site, tmp_path):
    (tmp_path / "password").write_text("wr0ng")
    config = str(write_config(tmp_path, jobs(site), state=least))
    for verb in ("run", "status", "check"):
        done = crawler(verb, "-c", config, cwd=tmp_path)
        assert done.returncode == 1
        assert "set the right password in the URL, a ${file:" in done.stderr
        assert "wr0ng" not in done.stdout + done.stderr


def test_a_reload_takes_another_password_and_refuses_another_server(cluster, site, url, tmp_path):
    config = write_config(tmp_path, jobs(site, schedule={"every": "1h"}), state=url)
    with Daemon(config) as daemon:
        daemon.wait_for("daemon.ready")
        (tmp_path / "password").write_text("n3w")
        config.write_text(config.read_text().replace("concurrency: 8", "concurrency: 4"))
        daemon.signal(signal.SIGHUP)
        assert daemon.wait_for("config.reloaded")["crawler"] == ["concurrency"]
        config.write_text(config.read_text().replace("/test", "/other"))
        daemon.signal(signal.SIGHUP)
        (problem,) = daemon.wait_for("config.rejected")["problems"]
        assert problem.endswith("crawler.state: cannot change while the daemon runs; restart it")
        assert daemon.stop() == 0
    assert not any(word in json.dumps(daemon.records) for word in ("h1dden", "n3w"))


def test_lists_over_http_lie_beside_the_output_for_this_user_alone(site, url, tmp_path):
    job = {"name": "j", "url_file": f"{site.url}/list"}
    config = write_config(tmp_path, [job], state=url)
    done = crawler("run", "-c", str(config), "--until-done", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "files.lists"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.glob("*.list"))


def test_a_verb_finds_a_ledger_by_the_url_of_its_server_and_tells_no_password(site, url, tmp_path):
    config = write_config(tmp_path, jobs(site), state=url)
    assert crawler("run", "-c", str(config), "--until-done", cwd=tmp_path).returncode == 0
    with ledger(tmp_path) as db:
        assert db.execute("SELECT count(*) FROM task").fetchone() == (URLS,)
    named = url.replace("${file:password}", "h1dden")
    done = crawler("status", "--state", named, "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["jobs"][0]["ok"], told["state_bytes"], told["wal_bytes"]) == (URLS, None, None)
    assert "h1dden" not in done.stdout
    done = crawler("status", "--state", f"{named}?h1dden", cwd=tmp_path)
    assert (done.returncode, "parameters of libpq" in done.stderr) == (2, True)
    assert "h1dden" not in done.stderr


def test_an_empty_schema_is_no_new_ledger_beside_files_that_have_one(cluster, site, url, tmp_path):
    config = str(write_config(tmp_path, jobs(site), state=url))
    run = ("run", "-c", config, "--until-done")
    assert crawler(*run, cwd=tmp_path).returncode == 0
    preview = crawler("reload", "--dry-run", "-c", config, cwd=tmp_path)
    assert f"j changes: 0 URLs added, 0 removed, {URLS} kept" in preview.stdout
    cluster.psql("DROP SCHEMA crawler CASCADE", database=url.rpartition("/")[2])
    for verb in (run, ("check", "-c", config)):
        done = crawler(*verb, cwd=tmp_path)
        assert done.returncode == 2
        assert "is not there or empty, and" in done.stderr
    assert crawler(*run, "--new-ledger", cwd=tmp_path).returncode == 0
    assert_clean(tmp_path, urls=URLS)


def test_without_psycopg_the_extra_is_named_that_brings_it(url, site, tmp_path):
    (tmp_path / "without").mkdir()
    (tmp_path / "without/psycopg.py").write_text("raise ImportError('no psycopg')\n")
    config = write_config(tmp_path, jobs(site), state=url)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "without")}
    for verb in ("run", "status", "check"):
        done = crawler(verb, "-c", str(config), cwd=tmp_path, env=environment)
        assert done.returncode == 2
        assert "pip install 'crawlerd[postgres]'" in done.stderr
