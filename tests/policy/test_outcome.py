"""What an answer means: status and headers on one side, the outcome on the other."""

import pytest
from requests.structures import CaseInsensitiveDict

from crawler.model import Fetched, Kind, Task, Validators
from crawler.policy.bans import BanRules
from crawler.policy.outcome import MAX_REASON, RETRY_AFTER_STATUS, bug, outcome_of

NOW = 784_111_000.0
URL = "http://site.example/a"
STORED = Validators(etag='"1"')


def answered(status, headers=None, *, task=None, method="GET", **fetched):
    task = task or Task(1, "j", URL, URL, "site.example:80", 1, 1, 1, stored=STORED, path="a.html")
    answer = Fetched(status, CaseInsensitiveDict(headers or {}), 0.0, **fetched)
    return outcome_of(task, answer, NOW, method, "crawlerd", elapsed=0.5)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Kind.STORED), (206, Kind.STORED), (299, Kind.STORED), (304, Kind.UNCHANGED),
        (301, Kind.REDIRECTED), (308, Kind.REDIRECTED), (300, Kind.HTTP_ERROR),
        (400, Kind.HTTP_ERROR), (403, Kind.HTTP_ERROR), (404, Kind.NOT_FOUND),
        (410, Kind.NOT_FOUND), (429, Kind.HTTP_ERROR), (500, Kind.HTTP_ERROR),
    ],
)  # fmt: skip
def test_a_status_has_its_kind(status, kind):
    outcome = answered(status, {"Location": "/b"})
    assert (outcome.kind, outcome.status, outcome.elapsed) == (kind, status, 0.5)


def test_a_file_is_described_by_its_answer():
    headers = {"ETag": '"2"', "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"}
    tags = ("noindex", "other: nofollow")
    outcome = answered(200, headers, size=7, digest="ab", unverified=True, robots_tags=tags)
    assert (outcome.size, outcome.digest, outcome.unverified) == (7, "ab", True)
    assert outcome.last_modified == NOW + 777
    assert outcome.validators == Validators('"2"', "Sun, 06 Nov 1994 08:49:37 GMT")
    assert outcome.directives == "noindex"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("text/html", "text/html"), ("Text/HTML; charset=utf-8", "text/html"),
        (" application/ld+json;x", "application/ld+json"), ("", None), ("html", None),
        ("/", None), ("text/\N{KELVIN SIGN}", None), ("x" * 1000 + "/y", None),
    ],
)  # fmt: skip
def test_a_file_has_the_media_type_that_its_server_says(said, found):
    assert answered(200, {"Content-Type": said}, size=7, digest="ab").media_type == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("text/html; charset=UTF-8", "utf-8"), ('text/html;x=y ;\tCharset="Latin-1"', "latin-1"),
        ("text/html;charset=", None), ("text/html", None), ("charset=utf-8", None), ("", None),
        ("text/html; charset=" + "x" * 400, "x" * 40), ('text/html; charset="a b"', None),
        ("text/html; charset=\x1b[0m", None), ("text/html; mycharset=x", None),
    ],
)  # fmt: skip
def test_a_file_has_the_charset_that_its_server_says(said, found):
    assert answered(200, {"Content-Type": said}, size=7, digest="ab").charset == found


def test_a_page_says_in_its_head_what_robots_may_do():
    outcome = answered(200, head=b"<meta name=crawlerd content=nofollow>", robots_tags=("noindex",))
    assert outcome.directives == "noindex,nofollow"


def test_what_is_unchanged_keeps_its_file():
    assert answered(304).path == "a.html"


FRESH = Task(1, "j", URL, URL, "site.example:80", 1, 1, 1)
AGAIN = Task(1, "j", URL, URL, "site.example:80", 1, 1, 2, path="a.html", digest="ab")
ROBOTS = Task(1, "j", URL, URL, "site.example:80", 1, 1, 1, robots=True)


@pytest.mark.parametrize(
    ("status", "size", "first", "again"),
    [
        (204, 0, Kind.EMPTY, Kind.EMPTY),
        (205, 0, Kind.EMPTY, Kind.EMPTY),
        (202, 0, Kind.EMPTY, Kind.EMPTY),
        (202, 9, Kind.STORED, Kind.STORED),
        (200, 0, Kind.STORED, Kind.EMPTY),
        (200, 9, Kind.STORED, Kind.STORED),
        (203, 0, Kind.STORED, Kind.STORED),
    ],
)
def test_an_answer_without_content_is_no_file_where_a_file_was(status, size, first, again):
    assert answered(status, task=FRESH, size=size).kind is first
    assert answered(status, task=AGAIN, size=size).kind is again
    assert answered(status, task=ROBOTS, size=size).kind is Kind.STORED


def test_a_condition_that_failed_is_dropped():
    outcome = answered(412)
    assert (outcome.kind, outcome.validators) == (Kind.HTTP_ERROR, Validators())
    assert outcome.reason == "HTTP status 412, asked again without the condition"
    assert answered(412, task=FRESH).validators is None


def test_a_job_says_which_answers_are_refusals():
    ban = BanRules(frozenset({503}), (("x", "y"),))
    task = Task(1, "j", URL, URL, "site.example:80", 1, 1, 1)

    def judged(status, refused="", **headers):
        fetched = Fetched(status, CaseInsensitiveDict(headers), 0.0, refused=refused)
        return outcome_of(task, fetched, NOW, ban=ban)

    assert [judged(status).refused for status in (503, 403, 200, 404)] == [True, *[False] * 3]
    by = "refused by header x"
    assert judged(404, by).kind is Kind.NOT_FOUND
    found = judged(302, by, location="/wall")
    assert (found.kind, found.location, found.refused) == (Kind.UNWANTED, None, True)
    assert found.reason == "refused by header x, HTTP status 302"
    late = judged(503, by, **{"retry-after": "7"})
    assert (late.kind, late.retry_after, late.refused) == (Kind.HTTP_ERROR, 7, True)


def test_a_304_that_was_not_asked_for_is_an_error():
    task = Task(1, "j", URL, URL, "site.example:80", 1, 1, 1)
    assert answered(304, task=task).kind is Kind.HTTP_ERROR


def test_a_redirect_says_where_it_leads():
    outcome = answered(302, {"Location": "/b", "Retry-After": "7"})
    assert outcome.location == "http://site.example/b"
    assert (outcome.reason, outcome.retry_after) == ("to http://site.example/b", 7)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_that_is_refused_ends_with_its_reason(method):
    outcome = answered(307, {"Location": "http://[::1", "Retry-After": "7"}, method=method)
    kind, reason = {
        "GET": (Kind.BLOCKED, "bad Location: it is not a valid URL"),
        "POST": (Kind.HTTP_ERROR, "a redirect that would repeat the POST"),
    }[method]
    assert (outcome.kind, outcome.status, outcome.reason) == (kind, 307, reason)
    assert (outcome.location, outcome.retry_after) == (None, 7)


def test_a_reason_is_cut():
    outcome = answered(302, {"Location": "/" + "a" * 1000})
    assert len(outcome.reason) == MAX_REASON
    assert len(outcome.location) > 1000


@pytest.mark.parametrize("status", [200, 304, 400, 404, 410, 413, 429, 500, 502, 503])
def test_retry_after_is_heard_where_it_has_a_meaning(status):
    heard = 7 if status in RETRY_AFTER_STATUS else None
    assert answered(status, {"Retry-After": "7"}).retry_after == heard


def test_a_bug_is_an_outcome_that_names_the_exception():
    assert bug(ValueError("oops")).reason == "ValueError: oops"
    assert bug(ValueError()).reason == "ValueError"
    assert bug(ValueError()).kind is Kind.BUG


def test_fields_that_stand_twice_and_differ_are_told():
    told = "two values of etag, the first counts"
    assert answered(200, size=1, differing="etag").reason == told
    outcome = answered(302, {"Location": "/b"}, differing="location")
    assert outcome.reason == "to http://site.example/b; two values of location, the first counts"
