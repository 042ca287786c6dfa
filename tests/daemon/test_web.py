"""`crawler web`: the answers and acts of the verbs over HTTP, beside daemons and without one."""

import json
import sqlite3
import time
from pathlib import Path

import gevent

from crawler.frontier import open_frontier
from tests import real
from tests.daemon.test_desk import desk, of
from tests.daemon.test_output_folder import POWERLESS
from tests.engines import on_every_engine
from tests.program import Daemon, at_once, crawler, until, write_config
from tests.servers import Site, slow, status
from tests.web import PREFIX, Web

MOVES = {"at", "rate", "rate_ok", "silent_s", "seen_at", "wal_bytes", "state_bytes", "free"}
"""Keys of values that differ from one look to the next."""


def still(value):
    """Return a document without what differs from one look to the next."""
    if isinstance(value, dict):
        return {key: still(one) for key, one in value.items() if key not in MOVES}
    return [still(one) for one in value] if isinstance(value, list) else value


def made(folder: Path) -> Path:
    """Write a configuration with one job of three URLs, and have them crawled."""
    with Site(str.encode) as site:
        file = write_config(folder, of(site, 3))
        done = crawler("run", "-c", str(file), "--until-done", cwd=folder)
        assert done.returncode == 0, done.stderr
    return file


def crawled(folder: Path, site: Site, last: int = 3) -> Path:
    """Crawl a site to its end."""
    file = write_config(folder, of(site, last))
    with Daemon(file, "--until-done") as daemon:
        assert daemon.wait() == 0
    return file


@on_every_engine
def test_what_the_api_answers_is_what_the_verbs_print_with_json(tmp_path):
    with Site(lambda path: status("404 Not Found") if path == "/3" else path.encode()) as site:
        file = crawled(tmp_path, site)
        with Web(file) as web:
            host, url = f"127.0.0.1:{site.port}", f"{site.url}/1"
            for path, *words in (
                ("status", "status"),
                ("hosts", "hosts"),
                ("hosts?failing=true&sort=failing&limit=5", "hosts", "--failing", "--sort",
                 "failing", "--limit", "5"),
                (f"hosts/{host}", "host", host),
                ("failures?since=1d", "failures", "--since", "1d"),
                ("wishes", "wishes"),
                (f"explain?url={url}", "explain", url),
                ("find?paths=j/1", "find", "j/1"),
            ):  # fmt: skip
                assert still(web.get(path)) == still(json.loads(desk(tmp_path, *words, "--json")))
            listed = [json.loads(line) for line in desk(tmp_path, "export").splitlines()]
            assert web.get("urls") == {"urls": listed, "next": None}
            assert web.get("urls?kind=not_found&kind=stored&job=j")["urls"] == listed
            assert [one["url"] for one in web.get("urls?kind=not_found")["urls"]] == [
                f"{site.url}/3"
            ]
            one = web.get("urls?limit=2")
            rest = web.get(f"urls?limit=2&cursor={one['next']}")
            assert one["urls"] + rest["urls"] == listed
            assert (len(one["urls"]), rest["next"]) == (2, None)
            whole = web.get("status")
            assert web.get("jobs")["jobs"] == whole["jobs"]
            assert web.get("processes")["processes"] == whole["processes"]
            assert web.stop() == 0
            assert not web.errors


@on_every_engine
def test_every_act_does_what_its_verb_does_to_daemons_at_work(tmp_path):
    with Site(slow(0.05)) as site:
        file = write_config(tmp_path, of(site, 500))
        with Daemon(file) as daemon, Web(file) as web:
            daemon.wait_for("visit")
            host = f"127.0.0.1:{site.port}"
            told = web.post("pause", host=host, why="too slow", **{"for": "1h"})
            assert told["exit"] == 0
            assert told["answer"]["changed"] == "new"
            assert told["lines"][0].startswith(f"host {host} is paused by ")
            assert [one["subject"] for one in web.get("wishes")["wishes"]] == [host]
            daemon.wait_for("wish.heard", verb="pause")
            again = web.post("resume", host=host)
            assert (again["exit"], again["lines"][0]) == (0, f"host {host} goes on")
            assert web.post("resume", host=host)["exit"] == 1, "it is not paused any more"
            told = web.post("set", job="j", options=["delay=20ms"])
            assert "j.delay: 0 → 20ms" in told["lines"]
            daemon.wait_for("wish.heard", verb="set")
            assert web.post("unset", job="j", options=["delay"])["exit"] == 0
            assert web.post("wake", hosts=[host])["answer"]["woken"][0]["host"] == host
            told = web.post("add", job="j", urls=[f"{site.url}/new", "ftp://x/"])
            assert (told["exit"], told["answer"]["new"], told["answer"]["bad"]) == (2, 1, 1)
            assert told["refused"] == [
                "'ftp://x/': its scheme is ftp, only http and https are fetched"
            ]
            assert web.post("retry", urls=[f"{site.url}/new"])["exit"] in {0, 1}
            told = web.post("forget", urls=["http://nobody.example/"])
            assert told["answer"] == [{"url": "http://nobody.example/", "came": {"unknown": 1}}]
            assert web.post("reload")["lines"] == [
                f"process {daemon.process.pid} was told to reload"
            ]
            daemon.wait_for("config.reloaded")
            assert web.post("stop", dry_run=True)["exit"] == 0
            assert daemon.process.poll() is None
            assert web.post("stop")["lines"] == [f"process {daemon.process.pid} was told to stop"]
            assert daemon.wait() == 0
            assert [one["verb"] for one in web.told("web.acted")].count("stop") == 2
            assert web.stop() == 0


def test_what_makes_no_sense_is_a_problem_with_the_sentence_of_the_command_line(tmp_path):
    with Web(made(tmp_path)) as web:
        for verb, words, *line in (
            ("pause", {"job": "nope"}, "pause", "--job", "nope"),
            ("set", {"job": "j", "options": ["delay=x"]}, "set", "--job", "j", "delay=x"),
            ("set", {"options": ["color=red"]}, "set", "color=red"),
            ("wake", {"hosts": ["nope.example"]}, "wake", "nope.example"),
            ("add", {"job": "nope", "urls": ["http://a/"]}, "add", "--job", "nope", "http://a/"),
            ("pause", {"for": "soon"}, "pause", "--for", "soon"),
            ("retry", {"urls": ["no"]}, "retry", "no"),
        ):
            reply = web.ask("POST", f"{PREFIX}/{verb}", words)
            printed = at_once(line[0], "-c", "crawler.yaml", *line[1:], cwd=tmp_path)
            assert (reply.status, printed.returncode) == (400, 2)
            assert reply.problem()["kind"] == "usage"
            assert reply.problem()["detail"] in printed.stderr
        for words, told in (
            ({"colour": "red"}, "'colour' is not known here"),
            ({"urls": "http://a/"}, "urls: a list of texts is needed"),
            ({"urls": ["-"]}, "urls: '-' would be standard input"),
            ({"urls": ["x"] * 501}, "urls: 501 at once, and 500 are the most"),
            ({"job": 5}, "job: a text of up to"),
            ({"dry_run": "yes"}, "dry_run: true or false is needed"),
            ({"job": "\ud800"}, "job: a text of up to"),
            ({"job": "a\0"}, "job: a text of up to"),
        ):
            assert told in web.ask("POST", f"{PREFIX}/retry", words).problem()["detail"]
        assert web.ask("GET", f"{PREFIX}/hosts/nope.example").problem()["kind"] == "missing"
        assert web.ask("GET", f"{PREFIX}/nothing").problem()["status"] == 404
        assert web.ask("GET", f"{PREFIX}/hosts?limit=x").problem()["status"] == 400
        assert web.ask("GET", f"{PREFIX}/hosts?limit=0").problem()["status"] == 400
        assert web.ask("GET", f"{PREFIX}/explain").problem()["status"] == 400
        reply = web.ask("PUT", f"{PREFIX}/pause", {})
        assert (reply.problem()["status"], reply.headers["Allow"]) == (405, "POST")


def test_an_option_of_a_value_is_a_value_and_no_option(tmp_path):
    with Web(made(tmp_path)) as web:
        for words in ({"urls": ["--state=/tmp/x"]}, {"urls": ["-c"]}, {"job": "--dry-run"}):
            assert web.ask("POST", f"{PREFIX}/retry", words).status == 400
        assert not web.get("wishes")["wishes"]
        web.post("pause", why="--for=1s")
        (wish,) = web.get("wishes")["wishes"]
        assert (wish["why"], wish["until"]) == ("--for=1s", None)


def test_a_stream_tells_what_is_new_once_a_second_and_all_read_the_ledger_once(tmp_path):
    with Web(made(tmp_path)) as web:
        began = time.monotonic()
        listening = [gevent.spawn(heard, web, 4) for _ in range(5)]
        gevent.joinall(listening, raise_error=True)
        assert time.monotonic() - began > 2.5
        assert {name for one in listening for name, _ in one.value} == {"state"}
        moments = [[told["status"]["at"] for _, told in one.value] for one in listening]
        assert all(len({*some}) == 4 for some in moments)
        assert len({at for some in moments for at in some}) <= 6, "each one looks"
        _, told = listening[0].value[-1]
        assert told.keys() == {"status", "failures", "notes"}
        assert still(told["status"]) == still(web.get("status"))
        assert told["failures"] == web.get("failures")


def heard(web: Web, number: int) -> list:
    stream = web.events()
    try:
        return [next(stream) for _ in range(number)]
    finally:
        stream.close()


def test_streams_are_counted_and_one_that_is_gone_makes_room(tmp_path):
    with Web(made(tmp_path)) as web:
        streams = [web.events() for _ in range(32)]
        for one in streams:
            next(one)
        reply = web.ask("GET", f"{PREFIX}/events")
        assert (reply.status, reply.problem()["kind"]) == (503, "busy")
        assert reply.headers["Retry-After"]
        streams.pop().close()
        until(lambda: room_for_one_more(web), "a stream that is gone is still counted", web)
        for one in streams:
            one.close()


def room_for_one_more(web: Web) -> bool:
    stream = web.events()
    try:
        return next(stream)[0] == "state"
    except AssertionError:
        return False
    finally:
        stream.close()


def test_a_ledger_that_is_gone_or_locked_is_told_and_comes_back(tmp_path):
    file = made(tmp_path)
    state, aside = tmp_path / "state.sqlite", tmp_path / "aside"
    with Web(file) as web:
        events = web.events(20)
        assert next(events)[0] == "state"
        state.rename(aside)
        reply = until(lambda: failing(web), "it answers without a ledger", web)
        assert reply.problem()["kind"] == "ledger"
        assert f"{state} is not there" in reply.problem()["detail"]
        assert f"{state} is not there" in web.ask("GET", "/readyz").problem()["detail"]
        assert web.ask("GET", "/healthz").body == b"ok\n"
        assert (
            f"{state} is not there"
            in next(data for name, data in events if name == "fault")["detail"]
        )
        aside.rename(state)
        assert until(lambda: web.ask("GET", "/readyz").status == 200, "it stays away", web)
        assert next(data for name, data in events if name == "state")
        newer(state)
        reply = until(lambda: failing(web), "it answers of a newer ledger", web)
        assert "was written by a newer crawler" in reply.problem()["detail"]
        events.close()
        assert web.stop() == 0


def test_a_ledger_whose_rights_are_taken_is_told_and_comes_back(tmp_path):
    real.needs("setpriv")
    file, state = made(tmp_path), tmp_path / "state.sqlite"
    with Web(file, within=POWERLESS) as web:
        assert web.get("jobs")
        state.chmod(0)
        reply = until(lambda: failing(web), "it answers of what it may not read", web)
        assert str(state) in reply.problem()["detail"]
        reply = web.ask("POST", f"{PREFIX}/pause", {})
        assert (reply.status, str(state) in reply.problem()["detail"]) == (503, True)
        state.chmod(0o600)
        assert until(lambda: web.ask("GET", "/readyz").status == 200, "it stays away", web)
        assert web.post("pause")["exit"] == 0
        assert web.stop() == 0


def failing(web: Web):
    reply = web.ask("GET", f"{PREFIX}/status")
    return reply if reply.status == 503 else None


def newer(state: Path) -> None:
    db = sqlite3.connect(state)
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()


def test_a_ledger_in_anothers_place_is_seen_within_a_second(tmp_path):
    file = made(tmp_path)
    state = tmp_path / "state.sqlite"
    with Web(file) as web:
        assert web.get("jobs")["jobs"][0]["known"] == 3
        with open_frontier(tmp_path / "other.sqlite", durable=False):
            pass
        (tmp_path / "other.sqlite").rename(state)
        for rest in tmp_path.glob("*.sqlite-*"):
            rest.unlink()
        until(lambda: web.get("jobs")["jobs"] == [], "it tells of the old one", web, patience=2)


def test_a_configuration_that_is_being_edited_leaves_the_answers_as_they_were(tmp_path):
    file = made(tmp_path)
    with Web(file) as web:
        text = file.read_text()
        file.write_text("crawler: {state: 5}\n")
        assert web.get("jobs")["jobs"][0]["name"] == "j"
        reply = web.ask("POST", f"{PREFIX}/set", {"options": ["concurrency=5"]})
        assert (reply.status, reply.problem()["kind"]) == (503, "config")
        file.write_text(text)
        assert web.post("set", options=["concurrency=5"])["exit"] == 0


def test_a_stop_ends_streams_and_connections_with_0(tmp_path):
    with Web(made(tmp_path)) as web:
        events = web.events()
        next(events)
        began = time.monotonic()
        assert web.stop() == 0
        assert time.monotonic() - began < 5
        assert web.told("web.stopped")
        events.close()


def test_an_address_that_is_taken_is_told_with_the_remedy(tmp_path):
    file = made(tmp_path)
    with Web(file) as web:
        done = at_once("web", "-c", str(file), "--listen", f"127.0.0.1:{web.port}", cwd=tmp_path)
        assert done.returncode == 2
        assert (
            f"127.0.0.1:{web.port}: Address already in use; --listen names another" in done.stderr
        )


def test_without_a_configuration_it_serves_a_ledger_by_its_file(tmp_path):
    made(tmp_path)
    state = tmp_path / "state.sqlite"
    with Web(None, "--state", str(state)) as web:
        assert web.get("jobs")["jobs"][0]["name"] == "j"
        assert web.post("pause")["exit"] == 0
        reply = web.ask("POST", f"{PREFIX}/set", {"options": ["concurrency=5"]})
        assert "name the configuration with -c" in reply.problem()["detail"]


def test_the_page_comes_with_a_tag_and_is_not_sent_twice(tmp_path):
    with Web(made(tmp_path)) as web:
        page = web.ask("GET", "/", token=None)
        assert page.status == 200
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        again = web.ask("GET", "/", token=None, If_None_Match=page.headers["ETag"])
        assert (again.status, again.body) == (304, b"")
