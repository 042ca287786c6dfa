"""Jobs that log in: a site whose sessions end after some requests, over kill -9, and its traps."""

import signal
import time
from itertools import pairwise
from pathlib import Path

import yaml

from tests.daemon.test_cookies import sent, stored
from tests.daemon.test_politeness_on_the_wire import TOLERANCE_S
from tests.engines import on_every_engine
from tests.program import Daemon, at_once, until, write_config
from tests.servers import Site, status

NUMBER = 60
BODY = "user=me&password=s3cret%20pw"


class Walled:
    """A site that wants a session, which ends after some requests."""

    def __init__(self, lasts: int, *, refuses: bool = False, forbidden: str = "") -> None:
        self.lasts, self.refuses, self.forbidden = lasts, refuses, forbidden
        self.left: dict[str, int] = {}
        self.logins = 0

    def __enter__(self) -> "Walled":
        self.site = Site(self._route).__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.site.__exit__(*error)

    def _route(self, path: str):
        if path == "/login":
            return self._login()
        if path == "/welcome":
            return b"hello"
        session = sent(self.site).get("sid", "")
        if self.left.get(session, 0) <= 0 or path == self.forbidden:
            return status("302 Found", ("Location", f"/login?next={path}"))
        self.left[session] -= 1
        return path.encode()

    def _login(self):
        if self.site.requests[-1].headers.get("X_KEY") != "s3cret-key" or self.refuses:
            return status("403 Forbidden")
        self.logins += 1
        session = f"s3cret-session-{self.logins}"
        self.left[session] = self.lasts
        field = ("Set-Cookie", f"sid={session}; Path=/; HttpOnly")
        return status("303 See Other", ("Location", "/welcome"), field)

    def config(self, folder: Path, **job) -> Path:
        (folder / "login.txt").write_text(BODY)
        login = {
            "url": f"{self.site.url}/login", "body": "${file:login.txt}", "every": "200ms",
            "headers": {"X-Key": "s3cret-key"},
        }  # fmt: skip
        job = {
            "name": "j", "urls": [f"{self.site.url}/[1-{NUMBER}]"], "delay": "10ms",
            "cookies": {"keep": "job", "login": login}, **job,
        }  # fmt: skip
        return write_config(folder, [job])


@on_every_engine
def test_a_walled_site_is_fetched_whole_over_ends_of_sessions_and_kill_9(tmp_path):
    """A session lasts for 25 requests; what is refused is fetched with the next one."""
    with Walled(25) as wall:
        config = wall.config(tmp_path, per_host=2)
        with Daemon(config) as first:
            until(lambda: len(stored(first)) > 10, "too few", first)
            first.signal(signal.SIGKILL)
            assert first.wait() == -signal.SIGKILL
        assert wall.logins == 1
        with Daemon(config, "--until-done") as second:
            assert second.wait() == 0
        for number in range(1, NUMBER + 1):
            assert (tmp_path / f"files/j/{number}").read_text() == f"/{number}"
        assert 3 <= wall.logins <= 6
        assert len(first.told("login.made") + second.told("login.made")) == wall.logins
        assert not second.told("login.failed")
        asked = [one for one in wall.site.requests if one.path == "/login"]
        assert len(asked) == wall.logins
        told = [first.output.decode(), second.output.decode()]
        for verb in (
            ["export"],
            ["explain", f"{wall.site.url}/1"],
            ["check"],
            ["status", "--json"],
        ):
            done = at_once(verb[0], "-c", str(config), *verb[1:], cwd=tmp_path)
            told += [done.stdout, done.stderr]
        assert not any(secret in text for text in told for secret in ("s3cret", "password"))


def test_a_login_that_is_refused_is_told_once_and_no_url_is_visited(tmp_path):
    with Walled(9, refuses=True) as wall, Daemon(wall.config(tmp_path)) as daemon:
        asked = lambda: [one for one in wall.site.paths() if one == "/login"]  # noqa: E731
        until(lambda: len(asked()) >= 3, "not again", daemon)
        (told,) = daemon.told("login.failed")
        assert (told["job"], told["reason"]) == ("j", "HTTP status 403")
        assert set(wall.site.paths()) == {"/login"}
        status_of = ("status", "-c", str(daemon.config))
        told_in = lambda: at_once(*status_of, cwd=tmp_path).stdout  # noqa: E731
        until(lambda: "j does not get in: HTTP status 403" in told_in(), "not told", daemon)
        wall.refuses = False
        until(lambda: stored(daemon), "never", daemon)
        assert daemon.stop() == 0


def test_a_run_until_done_ends_where_the_login_is_refused_and_says_so_last(tmp_path):
    with Walled(9, refuses=True) as wall:
        with Daemon(wall.config(tmp_path), "--until-done") as daemon:
            assert daemon.wait() == 1
        assert wall.site.paths() in (["/login"], ["/login"] * 2)
    told, stopped = daemon.records[-2:]
    assert stopped["event"] == "daemon.stopped"
    assert (told["event"], told["level"]) == ("login.given_up", "error")
    assert (told["job"], told["reason"], told["urls"]) == ("j", "HTTP status 403", NUMBER)


def test_a_run_until_done_tries_a_login_anew_that_an_earlier_run_gave_up(tmp_path):
    with Walled(99, refuses=True) as wall:
        config = wall.config(tmp_path)
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 1
        wall.refuses = False
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert len(stored(daemon)) == NUMBER


def test_a_login_that_may_pass_has_its_attempts_in_a_run_until_done(tmp_path):
    with Site(lambda _: status("503 Service Unavailable")) as site:
        login = {"url": f"{site.url}/login", "method": "GET", "every": "100ms"}
        jobs = [
            {"name": "j", "urls": [f"{site.url}/[1-3]"], "attempts": 3,
             "cookies": {"keep": "job", "login": login}},
        ]  # fmt: skip
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            assert daemon.wait() == 1
        assert site.paths() in (["/login"] * 3, ["/login"] * 4)
    assert daemon.told("login.given_up", job="j", reason="HTTP status 503", urls=3)


def test_what_a_url_waits_for_is_the_login_of_its_job_with_its_next_attempt(tmp_path):
    with Walled(9, refuses=True) as wall, Daemon(wall.config(tmp_path)) as daemon:
        daemon.wait_for("login.failed")
        verb = lambda *words: at_once(*words, "-c", str(daemon.config), cwd=tmp_path).stdout  # noqa: E731
        words = "the login of job j: HTTP status 403 ("
        explained = verb("explain", f"{wall.site.url}/1")
        assert words in explained
        assert "in a row), next attempt at 20" in explained
        assert f"  waits: {words}" in verb("status")
        assert daemon.stop() == 0


def test_a_url_that_is_always_refused_ends_no_session_and_is_given_up(tmp_path):
    with Walled(10_000, forbidden="/7") as wall:
        config = wall.config(tmp_path, attempts=3, per_host=1)
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert len(stored(daemon)) == NUMBER - 1
        assert wall.logins <= 2
        ends = [one for one in daemon.told("visit", kind="unwanted") if one["verdict"] == "dead"]
        assert [one["url"] for one in ends] == [f"{wall.site.url}/7"]
        assert "/login" in ends[0]["reason"]


def test_two_processes_make_one_login(tmp_path):
    with Walled(10_000) as wall:
        config = wall.config(tmp_path, delay="20ms")
        with Daemon(config) as first, Daemon(config) as second:
            until(lambda: len(stored(first)) + len(stored(second)) == NUMBER, "not all", first)
            assert wall.logins == 1
            assert {first.stop(), second.stop()} == {0}


def test_a_login_that_leads_to_another_origin_gives_it_nothing(tmp_path):
    taken = []

    def steals(path: str):
        request = evil.requests[-1]
        taken.append({name for name in request.headers if name in {"X_KEY", "COOKIE"}})
        return status("403 Forbidden")

    with Site(steals, ["127.0.0.2"]) as evil:

        def leads(path: str):
            code = "307 Again" if len(site.requests) % 2 else "302 Found"
            return status(code, ("Location", f"{evil.url}/"), ("Set-Cookie", "sid=1; Path=/"))

        with Site(leads) as site:
            wall = Walled(1)
            wall.site = site
            with Daemon(wall.config(tmp_path)) as daemon:
                until(lambda: len(evil.requests) >= 1, "never", daemon)
                assert daemon.stop() == 0
    assert taken == [set()] * len(taken)
    assert all("CONTENT_LENGTH" not in one.headers for one in evil.requests)
    assert "s3cret" not in daemon.output.decode()


def test_no_login_is_made_for_a_job_that_is_paused(tmp_path):
    with Walled(10_000) as wall:
        config = wall.config(tmp_path)
        crawl_of = ("pause", "-c", str(config), "--job", "j")
        first = wall.config(tmp_path, urls=[f"{wall.site.url}/1"])
        with Daemon(first, "--until-done") as daemon:
            assert daemon.wait() == 0
        assert at_once(*crawl_of, cwd=tmp_path).returncode == 0
        wall.left.clear()
        forgets = ("forget", "-c", str(config), "--cookies", "j")
        assert at_once(*forgets, cwd=tmp_path).returncode == 0
        wall.config(tmp_path)
        with Daemon(config) as daemon:
            daemon.wait_for("wish.heard")
            daemon.wait_for("progress")
            assert wall.logins == 1
            assert at_once("resume", *crawl_of[1:], cwd=tmp_path).returncode == 0
            until(lambda: stored(daemon), "never", daemon)
            assert wall.logins == 2
            assert daemon.stop() == 0


def test_a_job_that_needs_to_keep_cookies_for_its_login_says_so(tmp_path):
    with Walled(1) as wall:
        login = {"url": f"{wall.site.url}/login", "body": "pw=s3cret"}
        config = wall.config(tmp_path, cookies={"login": login})
        done = at_once("check", "-c", str(config), cwd=tmp_path)
        assert done.returncode == 2
        assert "cookies: login: needs keep: job, or host" in done.stderr
        assert "s3cret" not in done.stderr


@on_every_engine
def test_a_login_keeps_the_delay_of_its_host_beside_the_visits_of_two_processes(tmp_path):
    """A session lasts for five requests; another job visits the same host without one."""
    with Walled(5) as wall:
        config = wall.config(tmp_path, delay="200ms", urls=[f"{wall.site.url}/[1-12]"])
        document = yaml.safe_load(config.read_text())
        document["jobs"].append({
            "name": "k", "urls": [f"{wall.site.url}/welcome?[1-25]"], "path": "{job}/{digest}",
            "delay": "200ms",
        })  # fmt: skip
        config.write_text(yaml.safe_dump(document))
        with Daemon(config) as first, Daemon(config) as second:
            both = lambda: len(stored(first)) + len(stored(second))  # noqa: E731
            until(lambda: both() >= 37, "not all", first, patience=60)
            assert {first.stop(), second.stop()} == {0}
        assert wall.logins >= 2
        times = sorted(seen.at for seen in wall.site.requests)
    assert min(after - before for before, after in pairwise(times)) >= 0.2 - TOLERANCE_S


def test_a_login_waits_for_the_hours_of_its_host_and_for_the_rest_that_it_asks_for(tmp_path):
    now = time.time()
    begin, end = (time.strftime("%H:00", time.gmtime(now + hours * 3600)) for hours in (6, 7))
    route = lambda _: status("503 Busy", ("Retry-After", "3600"))  # noqa: E731
    with (
        Walled(9) as closed, Site(route, ["127.0.0.2"]) as busy,
        Site(str.encode, ["127.0.0.3"]) as open_,
    ):  # fmt: skip
        config = closed.config(tmp_path)
        document = yaml.safe_load(config.read_text())
        (job,) = document["jobs"]
        cookies = {"keep": "job", "login": {**job["cookies"]["login"], "url": f"{busy.url}/login"}}
        document["jobs"] += [
            {**job, "name": "b", "urls": [f"{busy.url}/1"], "cookies": cookies},
            {"name": "o", "urls": [f"{open_.url}/[1-25]"], "delay": "100ms"},
        ]  # fmt: skip
        document["hosts"] = {closed.site.url[7:]: {"hours": f"{begin}-{end} UTC"}}
        config.write_text(yaml.safe_dump(document))
        with Daemon(config) as daemon:
            until(lambda: len(stored(daemon)) == 25, "not visited", daemon)
            assert busy.paths() == ["/login"]
            assert closed.site.paths() == []
            assert daemon.stop() == 0
