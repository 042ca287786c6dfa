"""The verbs that answer from the ledger, beside a living daemon and without one."""

import csv
import io
import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

from tests.engines import on_every_engine
from tests.program import (
    CRAWLER,
    Daemon,
    assert_clean,
    at_once,
    crawl,
    crawler,
    fetch,
    until,
    write_config,
)
from tests.servers import Site, slow, status


def desk(folder: Path, verb: str, *arguments: str, code: int = 0) -> str:
    """Run a verb on the state of a folder; return what it printed."""
    done = at_once(verb, "-c", "crawler.yaml", *arguments, cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 or done.stdout else done.stderr


def asked(folder: Path) -> dict:
    return json.loads(desk(folder, "status", "--json"))


def job_of(folder: Path) -> dict:
    (job,) = asked(folder)["jobs"]
    return job


def of(site: Site, last: int, **options) -> list[dict]:
    return [{"name": "j", "urls": [f"{site.url}/[1-{last}]"], **options}]


@on_every_engine
def test_status_and_explain_tell_of_a_daemon_at_work(tmp_path):
    with Site(lambda path: slow(60)(path) if path == "/3" else path.encode()) as site:
        file = write_config(tmp_path, of(site, 3), grace_period=0)
        with Daemon(file) as daemon:
            daemon.wait_for("visit")
            until(lambda: job_of(tmp_path)["ok"] == 2, "not visited", daemon)
            until(lambda: asked(tmp_path)["processes"][0]["in_flight"] == 1, "no beat", daemon)
            told = asked(tmp_path)
            (process,) = told["processes"]
            assert process["pid"] == daemon.process.pid
            assert (process["life"], process["state"]) == ("alive", "running")
            assert (told["idle"], told["waiting"], told["hosts"]["held"]) == (None, 1, 1)
            printed = desk(tmp_path, "status")
            assert f"process  {daemon.process.pid} on " in printed
            assert ": running for " in printed
            assert ", 1 in flight, " in printed
            explained = desk(tmp_path, "explain", f"{site.url}/3")
            assert f"under way, by process {daemon.process.pid}" in explained
            assert "files/j/1, 2 bytes" in desk(tmp_path, "explain", f"{site.url}/1#fragment")
            daemon.stop()
    assert asked(tmp_path)["idle"] == "no daemon is running"
    assert "waits for     a daemon: none is running" in desk(tmp_path, "explain", f"{site.url}/3")


def test_every_verb_is_a_program_that_says_and_does_the_same(tmp_path):
    """The other tests run them within their own process, without a start for every look."""
    with Site(lambda path: status("404 Not Found") if path == "/2" else b"x") as site:
        write_config(tmp_path, of(site, 2))
        crawl(tmp_path)
    named = ("-c", "crawler.yaml")
    for verb in (
        ["explain", f"{site.url}/9"], ["export"], ["export", "--job", "x"], ["stop"], ["reload"],
        ["forget", "--retired", "--older-than", "0"],
    ):  # fmt: skip
        here, there = (run(*verb, *named, cwd=tmp_path) for run in (at_once, crawler))
        assert there.returncode == here.returncode
        assert ageless(there.stdout) == ageless(here.stdout)
        assert there.stderr == here.stderr
    for verb in (["status"], ["retry"], ["backup", "copy.sqlite"]):
        done = crawler(*verb, *named, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout


def ageless(text: str) -> str:
    return re.sub(r", (\d+ s ago|now)", "", text)


def test_explain_says_that_a_url_is_not_known_and_what_comes_near(tmp_path):
    with Site(lambda path: path.encode()) as site:
        write_config(tmp_path, of(site, 2))
        crawl(tmp_path)
    told = desk(tmp_path, "explain", f"{site.url}/2/", code=1)
    assert "no job knows it" in told
    assert f"but j knows {site.url}/2 (done)" in told
    near = json.loads(desk(tmp_path, "explain", f"{site.url}/9", "--json", code=1))
    assert (near["jobs"], near["near"]) == ([], [])
    assert near["host"]["key"] == site.url.removeprefix("http://")
    assert "it is not a URL; write it with its scheme" in desk(
        tmp_path, "explain", "nonsense", code=2
    )


@on_every_engine
def test_after_kill_9_status_says_so_and_the_next_start_goes_on(tmp_path):
    with Site(slow(0.05)) as site:
        file = write_config(tmp_path, of(site, 60, per_host=4))
        with Daemon(file) as daemon:
            daemon.wait_for("visit")
            daemon.process.kill()
            daemon.process.wait()
            told = asked(tmp_path)
            assert [one["life"] for one in told["processes"]] == ["dead"]
            assert f"process {daemon.process.pid} died" in told["idle"]
            assert ": dead, last heard of " in desk(tmp_path, "status")
        crawl(tmp_path)
    assert asked(tmp_path)["processes"] == []
    assert (job_of(tmp_path)["ok"], job_of(tmp_path)["waiting"]) == (60, 0)
    assert_clean(tmp_path, urls=60)


@on_every_engine
def test_stop_reaches_every_process_and_waits_for_their_end(tmp_path):
    with Site(slow(0.2)) as site:
        file = write_config(tmp_path, of(site, 200))
        with Daemon(file) as one, Daemon(file) as other:
            for daemon in (one, other):
                daemon.wait_for("daemon.ready")
            told = desk(tmp_path, "stop", "--wait")
            for daemon in (one, other):
                assert f"process {daemon.process.pid} was told to stop" in told
                assert daemon.wait(1.0) == 0  # its last threads may be ending
    assert "no daemon is running" in desk(tmp_path, "stop", code=1)
    assert_clean(tmp_path)


def test_stop_that_waits_in_vain_says_what_forces_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr("crawler.verbs.orders.stopping.STOP_MARGIN_S", 1.0)
    with Site(slow(0.01)) as site:
        file = write_config(tmp_path, of(site, 2), grace_period="1ms")
        with Daemon(file) as daemon:
            daemon.wait_for("visit")
            daemon.signal(signal.SIGSTOP)
            told = desk(tmp_path, "stop", "--wait", code=1)
            daemon.signal(signal.SIGCONT)
            assert daemon.wait() == 0
    assert f"process {daemon.process.pid} was told to stop" in told


def test_reload_reaches_the_daemon_and_fails_if_there_is_none(tmp_path):
    with Site(slow(0.01)) as site:
        file = write_config(tmp_path, of(site, 2))
        with Daemon(file) as daemon:
            daemon.wait_for("visit")
            told = desk(tmp_path, "reload")
            assert f"process {daemon.process.pid} was told to reload" in told
            daemon.wait_for("config.reloaded")
            assert daemon.stop() == 0
    assert "no daemon is running" in desk(tmp_path, "reload", code=1)


@on_every_engine
def test_an_export_beside_the_daemon_holds_every_url_in_every_format(tmp_path):
    with Site(lambda path: status("404 Not Found") if path == "/7" else b"x") as site:
        file = write_config(tmp_path, of(site, 30))
        with Daemon(file) as daemon:
            daemon.wait_for("visit")
            until(lambda: job_of(tmp_path)["waiting"] == 0, "not done", daemon)
            records = [json.loads(line) for line in desk(tmp_path, "export").splitlines()]
            table = list(csv.DictReader(io.StringIO(desk(tmp_path, "export", "--format", "csv"))))
            dead = desk(tmp_path, "export", "--format", "list", "--in-state", "dead")
            assert daemon.stop() == 0
    assert [one["url"] for one in records] == [f"{site.url}/{n}" for n in range(1, 31)]
    assert [one["url"] for one in table] == [one["url"] for one in records]
    assert [one["outcome"] for one in records].count("ok") == 29
    assert dead == f"{site.url}/7\n"
    assert "no job x is known; there are j" in desk(tmp_path, "export", "--job", "x", code=2)


def test_a_reader_that_leaves_ends_an_export_quietly(tmp_path):
    with Site(lambda _: b"x") as site:
        write_config(tmp_path, of(site, 1000, per_host=64), concurrency=64)
        crawl(tmp_path)
    command = f"set -o pipefail; {' '.join(CRAWLER)} export -c crawler.yaml | head -1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["url"] == f"{site.url}/1"


def test_a_retry_beside_the_daemon_is_visited_at_once(tmp_path):
    broken = [True]
    with Site(lambda path: status("503 Busy") if broken else path.encode()) as site:
        file = write_config(tmp_path, of(site, 5, attempts=1), defaults={"max_backoff": "100ms"})
        with Daemon(file) as daemon:
            until(lambda: len(daemon.told("visit")) == 5, "not visited", daemon)
            assert job_of(tmp_path)["error"] == 5
            broken.clear()
            assert desk(tmp_path, "retry", "--dry-run").startswith("5 URLs would be due again")
            assert job_of(tmp_path)["error"] == 5
            assert desk(tmp_path, "retry", "--last-end", "dns") == "0 URLs are due again\n"
            told = desk(tmp_path, "retry", "--kind", "http_error", "--since", "1d", "--job", "j")
            assert told == "5 URLs are due again: http_error 5\n"
            until(lambda: job_of(tmp_path)["ok"] == 5, "not visited again", daemon)
            assert daemon.stop() == 0
    told = job_of(tmp_path)
    assert (told["known"], told["ok"], told["error"], told["kinds"]) == (5, 5, 0, {"stored": 5})


@on_every_engine
def test_what_a_list_no_longer_names_is_retired_and_can_be_forgotten(tmp_path):
    with Site(lambda path: path.encode()) as site:
        for last in (5, 2):
            write_config(tmp_path, of(site, last))
            crawl(tmp_path)
    assert (job_of(tmp_path)["retired"], job_of(tmp_path)["ok"]) == (3, 2)
    assert "no list names it any more" in desk(tmp_path, "explain", f"{site.url}/5")
    assert "say what is to be forgotten" in desk(tmp_path, "forget", "--older-than", "0", code=2)
    assert desk(tmp_path, "forget", "--retired", "--older-than", "1d") == "0 URLs are forgotten\n"
    told = desk(tmp_path, "forget", "--retired", "--older-than", "0", "--dry-run")
    assert told == "3 URLs would be forgotten\n"
    assert desk(tmp_path, "forget", "--retired", "--older-than", "0") == "3 URLs are forgotten\n"
    assert (job_of(tmp_path)["known"], job_of(tmp_path)["retired"]) == (2, 0)
    assert sorted(path.name for path in (tmp_path / "files/j").iterdir()) == list("12345")


def test_a_backup_of_a_live_ledger_is_restored_and_the_crawl_goes_on(tmp_path):
    with Site(slow(0.05)) as site:
        file = write_config(tmp_path, of(site, 300, per_host=2))
        with Daemon(file) as daemon:
            until(lambda: len(daemon.told("visit")) > 30, "not begun", daemon)
            assert "checked and whole" in desk(tmp_path, "backup", "copy.sqlite")
            done = len(daemon.told("visit"))
            until(lambda: len(daemon.told("visit")) > done + 30, "it stood still", daemon)
            daemon.process.kill()
            daemon.process.wait()
        site.route = slow(0.01)
        for name in tmp_path.glob("state.sqlite*"):
            name.unlink()
        shutil.copy(tmp_path / "copy.sqlite", tmp_path / "state.sqlite")
        assert job_of(tmp_path)["waiting"] > 0
        crawl(tmp_path)
    assert_clean(tmp_path, urls=300)
    assert job_of(tmp_path)["ok"] == len(list((tmp_path / "files/j").iterdir())) == 300
    assert "--force overwrites it" in desk(tmp_path, "backup", "copy.sqlite", code=2)
    desk(tmp_path, "backup", "copy.sqlite", "--force")
    assert not list(tmp_path.glob("*.part*"))


def test_a_damaged_ledger_is_reported_and_never_made_anew(tmp_path):
    write_config(tmp_path, [{"name": "j", "urls": ["http://a.example/"]}])
    state = tmp_path / "state.sqlite"
    for verb in (["status"], ["explain", "http://a.example/"], ["export"], ["retry"], ["stop"],
                 ["forget", "--retired", "--older-than", "0"], ["backup", "b"]):  # fmt: skip
        assert "is not there. A daemon makes it" in desk(tmp_path, *verb, code=1)
        assert not state.exists()
    state.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    for verb in (["status"], ["retry"], ["backup", "b"]):
        told = desk(tmp_path, *verb, code=1)
        assert "`crawler backup` wrote; without a backup, `sqlite3 " in told
    assert state.stat().st_size == 5016
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crawler.yaml", "state.sqlite"]


def test_the_ledger_is_found_by_the_environment_or_by_its_own_name(tmp_path, monkeypatch):
    with Site(lambda path: path.encode()) as site:
        file = write_config(tmp_path, of(site, 2))
        monkeypatch.setenv("CRAWLER_CONFIG", str(file))
        assert crawler("run", "--until-done", cwd=tmp_path).returncode == 0
        assert "no daemon is running" in at_once("status", cwd=tmp_path).stdout
    file.write_text("jobs: []\n")
    broken = at_once("status", cwd=tmp_path)
    assert broken.returncode == 2
    assert "--state FILE finds the ledger without it" in broken.stderr
    told = at_once("status", "--state", "state.sqlite", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    monkeypatch.delenv("CRAWLER_CONFIG")
    nothing = at_once("export", cwd=tmp_path)
    assert nothing.returncode == 2
    assert (
        "name the configuration with -c (or in CRAWLER_CONFIG), or --state FILE" in nothing.stderr
    )


# --- crawler fetch --archive


def test_an_archive_is_not_fetched_twice_and_what_failed_is_tried_again(tmp_path):
    broken = [True]

    def route(path: str):
        return status("503 Busy") if path == "/3" and broken else path.encode()

    arguments = ("--archive", "done.sqlite", "--attempts", "1", "-o", "out")
    with Site(route) as site:
        first = fetch(f"{site.url}/[1-4]", *arguments, cwd=tmp_path)
        assert first.returncode == 8
        assert "3 ok, 0 not found, 1 error, " in first.stdout
        broken.clear()
        again = fetch(f"{site.url}/[2-5]", f"{site.url}/2", *arguments, "-v", cwd=tmp_path)
        assert again.returncode == 0, again.stdout
        assert "5 ok (3 stored earlier), 0 not found, 0 errors, " in again.stdout
        assert "stored earlier" in next(
            line for line in again.stdout.splitlines() if line.startswith(f"{site.url}/4:")
        )
        assert [path for path in site.paths() if path in {"/2", "/4"}] == ["/2", "/4"]
        third = fetch(f"{site.url}/[1-5]", *arguments, "--json", cwd=tmp_path)
    assert third.returncode == 0
    told = [json.loads(line) for line in third.stdout.splitlines()]
    assert {(one["outcome"], one["reason"]) for one in told} == {("ok", "stored earlier")}
    assert len(told) == 5
    assert len(site.requests) == 6
    known = crawler("status", "--state", "done.sqlite", "--json", cwd=tmp_path)
    assert json.loads(known.stdout)["jobs"][0]["ok"] == 5


def test_an_archive_goes_on_after_a_kill_with_what_is_asked_for_now(tmp_path):
    with Site(slow(0.05)) as site:
        with subprocess.Popen(
            [*CRAWLER, "fetch", f"{site.url}/[1-50]", "--archive", "a.sqlite", "-m", "2", "-v"],
            cwd=tmp_path, stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            until(lambda: len(site.requests) > 10, "not begun")
            process.kill()
            process.communicate()
        done = fetch(f"{site.url}/[1-20]", "--archive", "a.sqlite", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 ok (" in done.stdout
    assert not {f"/{n}" for n in range(40, 51)} & set(site.paths())


def test_an_archive_in_use_or_of_a_daemon_is_refused(tmp_path):
    with Site(slow(60)) as site:
        with subprocess.Popen(
            [*CRAWLER, "fetch", f"{site.url}/1", "--archive", "a.sqlite"],
            cwd=tmp_path, stdout=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            until(lambda: site.requests, "not begun")
            done = fetch(f"{site.url}/2", "--archive", "a.sqlite", cwd=tmp_path)
            process.kill()
        assert done.returncode == 2
        assert f"a.sqlite is in use by process {process.pid}" in done.stderr
    write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"], "attempts": 1}])
    crawl(tmp_path)
    done = fetch("http://127.0.0.1:1/", "--archive", "state.sqlite", cwd=tmp_path)
    assert done.returncode == 2
    assert "is the ledger of a daemon; name another file" in done.stderr
