"""`crawler fetch` waits for no host longer than a person bears who watches it."""

import json
import time

import pytest

from tests.program import fetch
from tests.servers import RudeSite, Site, sends, slow, status


def put_off(line: str, *, only: str = ""):
    """A route that asks to come back in an hour, for one path or for all."""
    ok = slow(0)
    later = status(line, ("Retry-After", "3600"))
    return lambda path: later if path == only or not only else ok(path)


def ends_of(site, *arguments, cwd):
    """Fetch three pages of a site; return their ends by name, once no time was spent waiting."""
    began = time.monotonic()
    done = fetch(f"{site.url}/{{a,b,c}}", "--json", "-m", "1", *arguments, cwd=cwd)
    assert time.monotonic() - began < 30
    assert done.returncode == 8
    assert "unaccounted" not in done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["url"].rpartition("/")[2]: (line["kind"], line["reason"] or "") for line in lines}


@pytest.mark.parametrize(
    "line", ["429 Too Many Requests", "503 Busy", "413 Too Large", "302 Found"]
)
def test_a_host_that_asks_for_an_hour_ends_its_urls_as_refused(tmp_path, line):
    with Site(put_off(line, only="/a")) as site:
        ends = ends_of(site, cwd=tmp_path)
        assert len(site.requests) == 1
    refused = f"{site.url.removeprefix('http://')} asks for no visit for 3,"
    for name in "bc":
        kind, reason = ends[name]
        assert kind == "http_error"
        assert reason.startswith(refused)
        assert reason.endswith("s, beyond --max-wait 5m")


def test_the_urls_of_other_hosts_and_the_delay_of_the_user_are_waited_for(tmp_path):
    with Site(put_off("503 Busy")) as away, Site(slow(0)) as site:
        options = ("--json", "--max-wait", "0", "--delay", "1500ms")
        done = fetch(f"{away.url}/1", f"{site.url}/[1-3]", *options, cwd=tmp_path)
    ends = [(line["url"], line["kind"]) for line in map(json.loads, done.stdout.splitlines())]
    assert sorted(ends[:3]) == [(f"{site.url}/{n}", "stored") for n in (1, 2, 3)]
    assert ends[3:] == [(f"{away.url}/1", "http_error")]


@pytest.mark.parametrize(
    "robots",
    [
        status("503 Busy"),
        status("429 Too Many Requests", ("Retry-After", "3600")),
        ("200 OK", [("Content-Encoding", "gzip"), ("Content-Length", "4")], [b"none"]),
    ],
)
def test_where_robots_txt_cannot_be_fetched_nothing_is_and_the_reason_is_that(tmp_path, robots):
    pages = slow(0)
    with Site(lambda path: robots if path == "/robots.txt" else pages(path)) as site:
        ends = ends_of(site, "--robots", "obey", "--max-wait", "10s", cwd=tmp_path)
        assert set(site.paths()) == {"/robots.txt"}
    assert {kind for kind, _ in ends.values()} == {"robots"}
    for _, reason in ends.values():
        assert reason.startswith(f"robots.txt of {site.url.removeprefix('http://')}: ")
        assert reason.endswith("s, beyond --max-wait 10s")


def test_a_robots_txt_that_never_comes_allows_nothing_where_the_pages_would(tmp_path):
    stalls, pages = slow(60), slow(0)
    with Site(lambda path: stalls(path) if path == "/robots.txt" else pages(path)) as site:
        options = ("--robots", "obey", "--timeout", "300ms")
        ends = ends_of(site, *options, cwd=tmp_path)
        assert set(site.paths()) == {"/robots.txt"}
    reason = f"{site.url}/robots.txt could not be fetched: not done within 0.3 s"
    assert set(ends.values()) == {("robots", reason)}


def test_a_crawl_delay_beyond_the_limit_is_not_waited_for(tmp_path):
    robots, pages = b"User-agent: *\nCrawl-delay: 60", slow(0)
    with Site(lambda path: robots if path == "/robots.txt" else pages(path)) as site:
        ends = ends_of(site, "--robots", "obey", "--max-wait", "5s", cwd=tmp_path)
        assert site.paths() == ["/robots.txt"]
    host = site.url.removeprefix("http://")
    reason = f"robots.txt of {host}: Crawl-delay of 60 s, beyond --max-wait 5s"
    assert set(ends.values()) == {("robots", reason)}


def test_a_short_wait_is_borne(tmp_path):
    answers = iter([status("503 Busy", ("Retry-After", "2"))])
    with Site(lambda path: next(answers, path.encode())) as site:
        done = fetch(f"{site.url}/1", cwd=tmp_path)
        assert len(site.requests) == 2
    assert done.returncode == 0, done.stdout


def test_short_waits_without_end_are_one_long_wait(tmp_path):
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"
    with RudeSite(sends(busy)) as site:
        ends = ends_of(site, "--attempts", "100", "--max-wait", "5s", cwd=tmp_path)
        assert site.connections == 2
    assert {kind for kind, _ in ends.values()} == {"http_error"}


def test_an_archive_says_so_at_once_of_a_host_that_is_still_away_and_visits_it_later(tmp_path):
    with Site(put_off("503 Busy")) as site:
        ends_of(site, "--archive", "kept", cwd=tmp_path)
        ends = ends_of(site, "--archive", "kept", cwd=tmp_path)
        assert len(site.requests) == 1
        assert {kind for kind, _ in ends.values()} == {"http_error"}


def test_an_archive_asks_again_for_the_robots_txt_of_a_host_that_was_given_up(tmp_path):
    pages, waits = slow(0), [60]

    def route(path):
        if path == "/robots.txt":
            slow(waits[0])(path)
            return b""
        return pages(path)

    with Site(route) as site:
        options = ("--robots", "obey", "--timeout", "300ms", "--archive", "kept")
        assert {kind for kind, _ in ends_of(site, *options, cwd=tmp_path).values()} == {"robots"}
        waits[0] = 0
        done = fetch(f"{site.url}/{{a,b,c}}", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_limit_that_is_no_duration_is_wrong_usage(tmp_path):
    done = fetch("http://127.0.0.1:1/", "--max-wait", "5x", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("--max-wait 5x: a time is needed")
