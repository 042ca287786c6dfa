"""What a request carries, and to whom: credentials, cookies and custom headers stay at home."""

import time
from dataclasses import replace

import gevent
import pytest

from crawler.config import Job
from crawler.errors import UsageError
from crawler.fetch.cookies import cookies_of
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.request import RequestBuilder
from crawler.model import Kept, Task, Trouble, Validators
from crawler.store import Files
from crawler.transport.request_bytes import Request
from tests.servers import RudeSite, Site

HOME = "http://home.example/a"
TASK = Task(1, "j", HOME, HOME, "home.example:80", 1, 1, 1)
ELSEWHERE = (
    "http://other.example/a",
    "https://home.example/a",
    "http://home.example:81/a",
    "http://sub.home.example/a",
)
COOKIES = """# Netscape HTTP Cookie File
.home.example\tTRUE\t/\tFALSE\t0\tsession\tsecret
home.example\tFALSE\t/b\tFALSE\t0\tpath\tother
"""


def job(**options) -> Job:
    return Job(name="j", urls=(HOME,), **options)


def request_of(task: Task, one: Job) -> Request:
    return RequestBuilder(one, cookies_of(one)).request(task, "agent/1")


def sent(location: str, **options) -> dict[str, str]:
    return dict(request_of(replace(TASK, location=location), job(**options)).headers)


def test_basic_and_bearer_credentials_go_to_the_origin_that_was_listed():
    assert sent(HOME, auth={"user": "u", "password": "p"})["Authorization"] == "Basic dTpw"
    assert sent(HOME, auth={"bearer": "token"})["Authorization"] == "Bearer token"


@pytest.mark.parametrize("location", ELSEWHERE)
def test_nothing_that_was_given_for_one_origin_goes_to_another(location, tmp_path):
    (tmp_path / "cookies.txt").write_text(COOKIES)
    headers = sent(
        location,
        auth={"bearer": "token"}, headers={"X-Api-Key": "k"}, cookies=tmp_path / "cookies.txt",
    )  # fmt: skip
    assert set(headers) == {"User-Agent", "Accept", "Accept-Encoding"}


LISTED = "http://listed.example/a"


def listed(tmp_path, url=LISTED, location=None, extra=None, **options) -> dict[str, str]:
    """Return the headers of a visit to a URL that a list of the job names."""
    task = replace(TASK, url=url, location=location or url, extra=extra)
    one = Job(name="j", url_file=tmp_path / "list.csv", **options)
    return dict(request_of(task, one).headers)


def test_a_visit_to_a_robots_txt_carries_nothing_of_its_job(tmp_path):
    (tmp_path / "cookies.txt").write_text(COOKIES)
    one = job(
        auth={"bearer": "t", "hosts": ["*"]}, cookies=tmp_path / "cookies.txt",
        headers={"X-Api-Key": "k", "Accept-Language": "de"}, method="POST", body="x",
    )  # fmt: skip
    task = replace(TASK, url="http://home.example/robots.txt", robots=True)
    for at in (task.url, "http://home.example/robots.txt?moved"):
        request = request_of(replace(task, location=at), one)
        assert set(request.headers) == {"User-Agent", "Accept", "Accept-Encoding"}
        assert (request.method, request.body) == ("GET", None)


def test_what_a_list_names_elsewhere_gets_no_credentials(tmp_path):
    headers = {"X-Api-Key": "k", "Accept-Language": "de"}
    plain = {"User-Agent", "Accept", "Accept-Encoding", "Accept-Language"}
    assert set(listed(tmp_path, auth={"bearer": "t"}, headers=headers)) == plain


def test_hosts_that_auth_names_get_the_credentials_and_the_headers(tmp_path):
    auth = {"bearer": "t", "hosts": ["listed.example"]}
    headers = listed(tmp_path, auth=auth, headers={"X-Api-Key": "k"})
    assert (headers["Authorization"], headers["X-Api-Key"]) == ("Bearer t", "k")
    away = listed(tmp_path, location="http://b.example/", auth=auth, headers={"X-Api-Key": "k"})
    assert not {"Authorization", "X-Api-Key"} & set(away)


def test_a_header_that_a_line_fills_goes_to_the_url_of_the_line(tmp_path):
    headers = {"Authorization": "Bearer {tok}"}
    assert listed(tmp_path, extra={"tok": "x"}, headers=headers)["Authorization"] == "Bearer x"
    away = listed(tmp_path, location="http://b.e/", extra={"tok": "x"}, headers=headers)
    assert "Authorization" not in away


def test_cookies_go_to_the_hosts_that_their_file_names_also_where_a_list_names_them(tmp_path):
    (tmp_path / "cookies.txt").write_text(COOKIES)
    cookies = tmp_path / "cookies.txt"
    assert listed(tmp_path, HOME, cookies=cookies)["Cookie"] == "session=secret"
    assert "Cookie" not in listed(tmp_path, cookies=cookies)
    assert "Cookie" not in listed(tmp_path, location=HOME, cookies=cookies)


def test_cookies_come_from_the_file_and_match_domain_and_path(tmp_path):
    (tmp_path / "cookies.txt").write_text(COOKIES)
    assert sent(HOME, cookies=tmp_path / "cookies.txt")["Cookie"] == "session=secret"
    assert "Cookie" not in sent(HOME)


def test_a_file_that_is_no_cookies_txt_is_a_usage_error(tmp_path):
    (tmp_path / "cookies.txt").write_text("nothing of the sort")
    with pytest.raises(UsageError, match=r"cookies\.txt is no cookies\.txt"):
        cookies_of(job(cookies=tmp_path / "cookies.txt"))


def test_a_post_sends_its_body_and_a_redirect_to_another_origin_does_not():
    one = job(method="POST", body="a=1")
    request = request_of(TASK, one)
    assert (request.method, request.body, request.headers["Content-Length"]) == (
        "POST",
        b"a=1",
        "3",
    )
    away = request_of(replace(TASK, location=ELSEWHERE[0], hops=1), one)
    assert (away.method, away.body) == ("GET", None)


def test_conditions_come_from_what_was_stored():
    task = replace(TASK, stored=Validators('W/"1"', "Fri, 20 Nov 2026 10:00:00 GMT"))
    headers = request_of(task, job()).headers
    assert headers["If-None-Match"] == 'W/"1"'
    assert headers["If-Modified-Since"] == "Fri, 20 Nov 2026 10:00:00 GMT"


def test_only_a_strong_validator_asks_for_a_rest():
    strong = replace(TASK, kept=Kept("p", Validators('"1"'), 10))
    weak = replace(TASK, kept=Kept("p", Validators('W/"1"'), 10))
    assert request_of(strong, job()).headers["If-Range"] == '"1"'
    assert "If-Range" not in request_of(weak, job()).headers


def test_a_proxy_is_asked_with_its_credentials_and_may_be_anywhere(tmp_path):
    with Site(lambda path: path.encode()) as proxy, Files(tmp_path, durable=False) as files:
        url = proxy.url.replace("http://", "http://user:secret@")
        one = job(proxy=url)
        with Fetcher(user_agent=lambda _: "a", files=files, concurrency=1) as fetcher:
            deadline = time.monotonic() + 5
            fetched = fetcher.fetch(TASK, one, part=lambda: "p", deadline=deadline)
    assert fetched.status == 200
    assert proxy.requests[0].host == "home.example"
    assert proxy.requests[0].headers["PROXY_AUTHORIZATION"].startswith("Basic ")


def test_a_body_that_arrives_too_slowly_is_given_up(tmp_path):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"

    def talk(client):
        client.sendall(head)
        while True:
            client.sendall(b"x" * 10)
            gevent.sleep(0.05)

    with RudeSite(talk) as site, Files(tmp_path, durable=False) as files:
        one = Job(
            name="j", urls=(HOME,), min_speed="10KB/s over 1s", allow_addresses=("127.0.0.1",)
        )
        task = replace(TASK, url=site.url, location=site.url)
        with Fetcher(user_agent=lambda _: "a", files=files, concurrency=1) as fetcher:
            start = time.monotonic()
            with pytest.raises(Trouble, match="slower than 10000 bytes/s for 1 s"):
                fetcher.fetch(task, one, part=lambda: "p", deadline=start + 30)
            assert time.monotonic() - start < 2.5
