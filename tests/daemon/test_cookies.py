"""Cookies that servers set: walls that are passed with them, jars that are kept, over kill -9."""

import re
import signal
from pathlib import Path

from tests.engines import on_every_engine
from tests.program import Daemon, at_once, crawl, until, write_config
from tests.servers import Site, status

NUMBER = 40
JOB = {"name": "j", "delay": "10ms"}


def sent(site: Site) -> dict[str, str]:
    """Return the cookies of the request that is being answered."""
    pairs = site.requests[-1].headers.get("COOKIE", "").split("; ")
    return dict(pair.partition("=")[::2] for pair in pairs if pair)


def stored(daemon: Daemon) -> list[dict]:
    return daemon.told("visit", kind="stored")


def over_a_kill(config: Path, urls: int = NUMBER) -> list[Daemon]:
    """Run a daemon, kill it in the middle, and run another to the end."""
    with Daemon(config) as first:
        until(lambda: len(stored(first)) > urls // 4, "too few", first)
        first.signal(signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
    with Daemon(config, "--until-done") as second:
        assert second.wait() == 0
    return [first, second]


@on_every_engine
def test_a_consent_wall_is_passed_by_every_visit_over_kill_9(tmp_path):
    """It sets a cookie, and redirects to itself."""

    def route(path: str):
        if sent(site).get("consent") == f"yes{path}":
            return path.encode()
        return status("302 Found", ("Location", path), ("Set-Cookie", f"consent=yes{path}; Path=/"))

    with Site(route) as site:
        config = write_config(tmp_path, [{**JOB, "urls": [f"{site.url}/[1-{NUMBER}]"]}])
        daemons = over_a_kill(config)
    for number in range(1, NUMBER + 1):
        assert (tmp_path / f"files/j/{number}").read_text() == f"/{number}"
    assert all(site.paths().count(path) <= 4 for path in set(site.paths())), "two visits, or a few"
    for daemon in daemons:
        assert not daemon.told("visit", kind="redirect_limit")
        assert "yes" not in daemon.output.decode()


def test_a_wall_whose_cookie_is_not_wanted_ends_with_its_redirects(tmp_path):
    def route(path: str):
        if sent(site):
            return path.encode()
        return status("302 Found", ("Location", path), ("Set-Cookie", "a=1"))

    with Site(route) as site:
        cookies, urls = {"keep": "none"}, [f"{site.url}/a"]
        jobs = [{**JOB, "urls": urls, "cookies": cookies, "max_redirects": 4}]
        write_config(tmp_path, jobs)
        crawl(tmp_path)
    assert len(site.requests) == 5


@on_every_engine
def test_one_session_is_kept_for_the_job_over_kill_9_and_told_nowhere(tmp_path):
    """Who comes without a session is given one: there is one in all."""
    sessions = []

    def route(path: str):
        if sent(site).get("sid") in sessions:
            return path.encode()
        sessions.append(f"s3cret{len(sessions)}")
        field = ("Set-Cookie", f"sid={sessions[-1]}; Path=/; Max-Age=900; HttpOnly")
        return status("302 Found", ("Location", path), field)

    with Site(route) as site:
        job = {
            **JOB,
            "urls": [f"{site.url}/[1-{NUMBER}]"],
            "per_host": 1,
            "cookies": {"keep": "job"},
        }
        config = write_config(tmp_path, [job])
        daemons = over_a_kill(config)
        assert len(sessions) == 1
        assert len(list((tmp_path / "files/j").iterdir())) == NUMBER
        told = [daemon.output.decode() for daemon in daemons]
        for verb in (["explain", f"{site.url}/1"], ["export"], ["status", "--json"],
                     ["check"], ["hosts", "--json"]):  # fmt: skip
            done = at_once(verb[0], "-c", str(config), *verb[1:], cwd=tmp_path)
            told += [done.stdout, done.stderr]
        assert not any("s3cret" in text for text in told)


def test_cookies_of_each_host_are_its_own(tmp_path):
    seen = {}

    def route(path: str):
        host = site.requests[-1].host.partition(":")[0]
        seen.setdefault(host, set()).update(sent(site).items())
        return "200 OK", [("Content-Length", "1"), ("Set-Cookie", f"of={host}; Path=/")], [b"x"]

    hosts = [f"127.0.0.{n}" for n in range(1, 4)]
    with Site(route, hosts) as site:
        urls = [f"http://{host}:{site.port}/[1-6]" for host in hosts]
        job = {
            **JOB,
            "urls": urls,
            "per_host": 1,
            "path": "{host}/{name}",
            "cookies": {"keep": "host"},
        }
        write_config(tmp_path, [job])
        crawl(tmp_path)
    assert seen == {host: {("of", host)} for host in hosts}


def test_two_processes_share_the_jar_of_a_job(tmp_path):
    """Each has hosts of its own; a session that one was given lets the other in."""
    sessions, served = [], set()

    def route(path: str):
        served.add(path)
        if sent(site).get("sid") in sessions:
            return path.encode()
        sessions.append(f"s{len(sessions)}")
        return status(
            "302 Found", ("Location", path), ("Set-Cookie", f"sid={sessions[-1]}; Path=/")
        )

    with Site(route) as site:
        urls = [f"{site.url}/[1-{NUMBER}]"]
        jobs = [
            {"name": "j", "urls": urls, "per_host": 1, "delay": "20ms", "cookies": {"keep": "job"}}
        ]
        config = write_config(tmp_path, jobs)
        with Daemon(config) as first:
            until(lambda: len(stored(first)) > 3, "too few", first)
            assert first.stop() == 0
        with Daemon(config, "--until-done") as second:
            assert second.wait() == 0
        assert len(sessions) == 1
        assert len(stored(first)) + len(stored(second)) >= NUMBER


def test_an_old_spelling_and_a_reload_that_changes_what_is_kept(tmp_path):
    """A file by its path alone; then the job keeps cookies, from the next visit on."""

    def route(path: str):
        return "200 OK", [("Content-Length", "1"), ("Set-Cookie", "set=1; Path=/")], [b"x"]

    (tmp_path / "jar").write_text("127.0.0.1\tFALSE\t/\tFALSE\t0\tfile\t1\n")
    with Site(route) as site:
        job = {**JOB, "urls": [f"{site.url}/a"], "schedule": {"every": "100ms"}, "cookies": "jar"}
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            until(lambda: len(site.requests) > 2, "too few", daemon)
            assert {one.headers["COOKIE"] for one in site.requests} == {"file=1"}
            for keep, wanted in (
                ("job", "file=1; set=1"),
                ("visit", "file=1"),
                ("host", "file=1; set=1"),
            ):
                job["cookies"] = {"file": "jar", "keep": keep}
                write_config(tmp_path, [job])
                before = len(daemon.told("config.reloaded"))
                daemon.signal(signal.SIGHUP)
                until(lambda n=before: len(daemon.told("config.reloaded")) > n, "no reload", daemon)
                until(lambda w=wanted: site.requests[-1].headers["COOKIE"] == w, keep, daemon)
            assert daemon.stop() == 0
    assert not re.search("set=1", daemon.output.decode())


def test_the_cookies_of_a_job_are_listed_by_name_and_forgotten(tmp_path):
    """A process that is at work hears of it."""

    def route(path: str):
        fields = [("Content-Length", "1")]
        if len(site.requests) == 1:
            fields.append(("Set-Cookie", "sid=s3cret; Path=/"))
        return "200 OK", fields, [b"x"]

    with Site(route) as site:
        urls = [f"{site.url}/first", f"{site.url}/a"]
        job = {**JOB, "urls": urls[:1], "cookies": {"keep": "job"}}
        write_config(tmp_path, [job])
        crawl(tmp_path)
        job |= {"urls": urls, "schedule": {"every": "100ms"}}
        config = str(write_config(tmp_path, [job]))
        seen = lambda: [o.headers.get("COOKIE") for o in site.requests if o.path == "/a"]  # noqa: E731
        with Daemon(tmp_path / "crawler.yaml") as daemon:
            until(lambda: seen()[-1:] == ["sid=s3cret"], "never", daemon)
            listed = at_once("forget", "-c", config, "--cookies", "j", "--dry-run", cwd=tmp_path)
            assert "127.0.0.1/  'sid'  until 20" in listed.stdout
            assert "s3cret" not in listed.stdout
            done = at_once("forget", "-c", config, "--cookies", "j", "--json", cwd=tmp_path)
            assert '"forgotten": 1' in done.stdout
            until(lambda: seen()[-1] is None, "still", daemon)
            assert daemon.stop() == 0
        other = at_once("forget", "-c", config, "--cookies", "nobody", cwd=tmp_path)
        assert (other.returncode, other.stderr.count("nobody")) == (2, 1)


def test_a_wall_on_another_host_of_the_site_is_passed_and_no_other_site_sees_its_cookies(tmp_path):
    """Two processes share the hosts; another site tries to set cookies for all of .test."""
    seen = []

    def route(path: str):
        request = site.requests[-1]
        host, cookies = request.host.partition(":")[0], sent(site)
        seen.append((host, frozenset(cookies)))
        if host == "consent.shop.test":
            there = ("Location", f"http://www.shop.test:{site.port}{path}")
            passed = ("Set-Cookie", "consent=yes; Domain=shop.test; Path=/")
            return status("302 Found", there, passed, ("Set-Cookie", "own=1; Path=/"))
        if host == "evil.test":
            there = ("Location", f"http://www.shop.test:{site.port}{path}")
            others = ["test", "shop.test", "www.shop.test", ".test", "evil.test.", "TEST"]
            fields = [("Set-Cookie", f"evil=1; Path=/; Domain={one}") for one in others]
            return status("302 Found", there, *fields)
        if cookies.get("consent") == "yes":
            return path.encode()
        return status("302 Found", ("Location", f"http://consent.shop.test:{site.port}{path}"))

    names = ["www.shop.test", "consent.shop.test", "evil.test"]
    with Site(route, [f"127.0.0.{n}" for n in range(2, 5)]) as site:
        resolve = {name: f"127.0.0.{at}" for at, name in enumerate(names, 2)}
        urls = [f"http://{names[0]}:{site.port}/[1-12]", f"http://{names[2]}:{site.port}/[21-24]"]
        config = write_config(tmp_path, [{**JOB, "urls": urls, "resolve": resolve}])
        with Daemon(config) as first, Daemon(config) as second:
            both = lambda: len(stored(first)) + len(stored(second))  # noqa: E731
            until(lambda: both() == 16, "not all", first)
            assert {first.stop(), second.stop()} == {0}
    assert not any("evil" in cookies for _, cookies in seen)
    assert {cookies for host, cookies in seen if host == "evil.test"} == {frozenset()}
    assert not any("own" in cookies for host, cookies in seen if host == names[0])
