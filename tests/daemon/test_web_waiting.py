"""What takes its time by the API: acts that wait, previews of a reload; and what monitors ask."""

import http.client
import json
import os
import time

import gevent
import yaml

from tests.daemon.test_desk import desk, of
from tests.daemon.test_web import crawled, made
from tests.engines import on_every_engine
from tests.program import Daemon, at_once, until, write_config
from tests.servers import Site, slow
from tests.web import PREFIX, Web


@on_every_engine
def test_an_act_that_waits_returns_when_it_is_done(tmp_path):
    with Site(slow(1.0)) as site:
        file = write_config(tmp_path, of(site, 500))
        with Daemon(file) as daemon, Web(file) as web:
            daemon.wait_for("visit")
            host, pid = f"127.0.0.1:{site.port}", daemon.process.pid
            told = web.post("pause", host=host, wait=True)
            assert told["answer"]["heard"] == [pid]
            assert web.post("pause", host=host, dry_run=True)["answer"]["in_flight"] == 0
            assert web.post("resume", host=host, wait=True)["answer"]["heard"] == [pid]
            told = web.post("set", job="j", options=["delay=20ms"], wait=True)
            assert told["lines"][-1] == "heard by 1 process"
            assert web.post("unset", job="j", options=["delay"], wait=True)["exit"] == 0
            assert web.post("wake", hosts=[host], wait=True)["exit"] in {0, 1}
            told = web.post("reload", wait=True)
            assert {*told["answer"]["reloaded"]} == {str(pid)}
            assert told["lines"][0] == f"process {pid} was told to reload"
            assert told["lines"][1].startswith(f"process {pid}: ")
            assert web.post("stop", wait=True)["exit"] == 0
            until(lambda: daemon.process.poll() == 0, "it was still there", patience=1)


def test_acts_that_wait_hold_up_no_other_act_and_not_the_end(tmp_path):
    with Site(slow(60.0)) as site:
        file = write_config(tmp_path, of(site, 5))
        with Daemon(file) as daemon, Web(file) as web:
            until(lambda: site.requests, "no visit", daemon)
            words = {"job": "j", "wait": True}
            waiting = [gevent.spawn(asked, web, "pause", words) for _ in range(6)]
            until(lambda: sum(one.ready() for one in waiting) == 2, "all wait", web)
            turned_away = [one.value for one in waiting if one.ready()]
            assert {(one.status, one.problem()["kind"]) for one in turned_away} == {(503, "busy")}
            assert web.post("set", job="j", options=["delay=5s"])["exit"] == 0
            assert not any(one.ready() for one in waiting if one.value not in turned_away)
            began = time.monotonic()
            assert web.stop() == 0
            assert time.monotonic() - began < 8
            assert web.told("web.stopped")[0]["under_way"] == 4
            gevent.joinall(waiting, timeout=10)
            assert sum(one.value is None for one in waiting) == 4, "they were answered"
            assert daemon.stop() == 0


def asked(web: Web, verb: str, words: dict):
    """Ask, and return nothing where the server ends meanwhile."""
    try:
        return web.ask("POST", f"{PREFIX}/{verb}", words)
    except (OSError, http.client.HTTPException):
        return None


def test_what_a_reload_would_change_is_told_and_nothing_is_changed(tmp_path):
    with Site(str.encode) as site:
        file = crawled(tmp_path, site)
        with Web(file, GEVENT_MAX_BLOCKING_TIME="60") as web:
            text = yaml.safe_load(file.read_text())
            text["jobs"][0]["urls"] = [f"{site.url}/[2-9]"]
            file.write_text(yaml.safe_dump(text))
            before = web.get("urls")
            told = web.post("reload", dry_run=True)
            printed = desk(tmp_path, "reload", "--dry-run").splitlines()
            assert told == {"exit": 0, "answer": None, "lines": printed, "refused": []}
            assert "j changes: 6 URLs added, 1 removed, 2 kept, 0 bad" in printed
            assert web.get("urls") == before
            file.write_text("crawler: {state: 5}")
            reply = web.ask("POST", f"{PREFIX}/reload", {"dry_run": True})
            assert (reply.status, reply.problem()["kind"]) == (400, "usage")
            assert "crawler.state" in reply.problem()["detail"]


def test_what_a_reload_would_change_needs_a_configuration(tmp_path):
    made(tmp_path)
    with Web(None, "--state", str(tmp_path / "state.sqlite")) as web:
        reply = web.ask("POST", f"{PREFIX}/reload", {"dry_run": True})
        assert (reply.status, "-c names it" in reply.problem()["detail"]) == (400, True)


def test_one_look_at_all_lists_is_under_way_at_a_time_and_ends_with_the_server(tmp_path):
    started = tmp_path / "started"
    command = ["sh", "-c", 'echo $$$$ >> "$0"; exec sleep 600', str(started)]
    file = write_config(tmp_path, [{"name": "c", "command": command}])
    with Web(file) as web:
        looking = gevent.spawn(asked, web, "reload", {"dry_run": True})
        until(lambda: started.exists() and started.read_text().strip(), "no list is read", web)
        reply = web.ask("POST", f"{PREFIX}/reload", {"dry_run": True})
        assert (reply.status, reply.problem()["kind"]) == (503, "busy")
        assert reply.headers["Retry-After"]
        began = time.monotonic()
        assert web.stop() == 0
        assert time.monotonic() - began < 8
        looking.join()
        (pid,) = map(int, started.read_text().split())
        until(lambda: not lives(pid), "its program goes on")


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@on_every_engine
def test_monitors_are_answered_what_the_command_line_says_with_its_exit_code(tmp_path):
    with Site(slow(0.05)) as site:
        file = write_config(tmp_path, of(site, 500))
        with Daemon(file) as daemon, Web(file) as web:
            daemon.wait_for("visit")
            usual = {"min_room": "0"}
            told = checked(web, **usual)
            assert (told["exit"], told["health"]) == (0, "OK")
            assert told["line"].startswith("CRAWLER OK - 1 process, ")
            assert told.keys() == {"exit", "line", "health", "told"}
            told = checked(web, **usual, processes="2")
            assert (told["exit"], told["health"]) == (1, "WARNING")
            assert told["told"] == ["1 of 2 processes live"]
            assert web.ask("GET", f"{PREFIX}/status?check=true&max_failing=x").status == 400
            assert daemon.stop() == 0
            told = checked(web, **usual)
            assert (told["exit"], told["health"]) == (2, "CRITICAL")
            done = at_once("status", "--check", "-c", str(file), "--json", cwd=tmp_path)
            assert done.returncode == 2
            assert json.loads(done.stdout) == checked(web)


def checked(web: Web, **words: str) -> dict:
    asked_ = "".join(f"&{name}={value}" for name, value in words.items())
    return web.get(f"status?check=true{asked_}")
