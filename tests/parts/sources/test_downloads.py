"""How a list is fetched: redirects, credentials, delays, and servers that misbehave."""

from itertools import pairwise

import gevent
import pytest
from gevent.event import Event

from crawler.config import Auth
from tests.parts.sources.readings import lines, told, urls
from tests.parts.sources.shelf import index
from tests.program import until
from tests.servers import RudeSite, Site, endless, sends, status

WAIT_S = 20


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhttp://h/1\n", "cannot be fetched: "),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "cannot be fetched: HTTP status 304"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "cannot be fetched: HTTP status 204"),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "more than 10 redir"),
        (b"HTTP/1.1 302 Found\r\nLocation: ftp://h/\r\nContent-Length: 0\r\n\r\n", "bad Location"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /\xff\r\nContent-Length: 0\r\n\r\n",
            "more than 10 redir",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", "999999999 bytes declared"),
    ],
)
def test_a_server_that_misbehaves_costs_the_list_and_leaves_nothing(answer, reason, web, tmp_path):
    with RudeSite(sends(answer)) as rude:
        good, bad, error = told(web(url_file=f"{rude.url}/list"))
    assert (good, bad) == ([], [])
    assert reason in error
    assert not list((tmp_path / "copies").iterdir())


def test_an_endless_list_ends_at_max_size(web, tmp_path):
    head = b'HTTP/1.1 200 OK\r\nETag: "1"\r\n\r\n'
    with RudeSite(endless(head, b"http://h/\n" * 1000)) as rude:
        error = told(web(url_file=f"{rude.url}/list", max_size=3_000_000))[2]
    assert "more than 3000000 bytes" in error
    assert not list((tmp_path / "copies").iterdir())


def test_a_greenlet_that_is_killed_while_a_list_comes_leaves_nothing(web, tmp_path):
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\nETag: "1"\r\n\r\n'
    with RudeSite(endless(head, bytes(65536))) as rude:
        reading = gevent.spawn(lines, web(url_file=f"{rude.url}/list"))
        until(lambda: list((tmp_path / "copies").iterdir()), "nothing comes")
        reading.kill()
    assert not list((tmp_path / "copies").iterdir())


def test_redirects_are_followed_and_only_listed_origins_see_what_is_secret(web, shelf):
    secrets = {"auth": Auth(bearer="t"), "headers": {"X-Key": "k"}}
    shelf.files["list"], shelf.fields = b"http://h/1\n", [("ETag", '"1"')]
    with Site(shelf) as other:
        moved = status("302 Found", ("Location", f"{other.url}/list"))
        with Site(
            lambda path: moved if path == "/a" else status("301 x", ("Location", "/a"))
        ) as site:
            source = web(url_file=f"{site.url}/list", method="POST", body="x", **secrets)
            assert urls(source) == ["http://h/1"]
            assert urls(source) == ["http://h/1"]
        assert site.paths() == ["/list", "/a"] * 2
        assert {seen.headers["AUTHORIZATION"] for seen in site.requests} == {"Bearer t"}
        assert not {"AUTHORIZATION", "X_KEY"} & set(other.requests[0].headers)
        assert other.requests[1].headers["IF_NONE_MATCH"] == '"1"'


def test_the_delay_of_the_job_lies_between_two_requests_to_a_host(web, site, shelf):
    for name in ("one", "two"):
        shelf.files[name] = b"http://h/\n"
    shelf.files["index"] = index(f"{site.url}/one", f"{site.url}/two")
    assert len(urls(web(sitemap=f"{site.url}/index", delay="150ms"))) == 2
    times = [seen.at for seen in site.requests]
    assert min(later - sooner for sooner, later in pairwise(times)) > 0.145


def test_what_a_job_says_of_its_answers_says_nothing_of_its_lists(web):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 15\r\n\r\n"
    answer = head + b"http://h/login\n"
    accept = {"types": ["image/*"], "min_size": 99, "not_containing": ["login"]}
    with RudeSite(sends(answer)) as rude:
        found = told(web(url_file=f"{rude.url}/list", accept=accept, ban={"body": ["login"]}))
    assert found == ([("http://h/login", {})], [], None)


def test_lists_that_come_at_the_same_time_end_each_for_itself(web):
    """The one that began first ends first: it must not take the other one's account away."""
    half = b"http://h/1\n" + 8000 * (b"#" * 999 + b"\n")  # more than sockets hold
    body, began, ended = half + b"http://h/2\n", Event(), Event()

    def in_two(client, tell, wait):
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + half)
        tell()
        wait(WAIT_S)
        client.sendall(body[len(half) :])

    with (
        RudeSite(lambda client: in_two(client, later.start, began.wait)) as first,
        RudeSite(lambda client: in_two(client, began.set, ended.wait)) as second,
    ):
        sooner = gevent.spawn(urls, web(url_file=f"{first.url}/list"))
        later = gevent.Greenlet(urls, web(url_file=f"{second.url}/list"))
        assert sooner.get(timeout=WAIT_S) == ["http://h/1", "http://h/2"]
        ended.set()
        assert later.get(timeout=WAIT_S) == ["http://h/1", "http://h/2"]
