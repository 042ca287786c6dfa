"""Which answers a job wants, as a table: what it says, what came, and the reason that is told."""

import pytest
from pydantic import ValidationError

from crawler.config import Job
from crawler.config.answer_options import AcceptOptions, acceptance_of
from crawler.policy.acceptance import cause_of, contains
from crawler.policy.body_search import BodySearch
from crawler.policy.media_types import MAX_SAID, content_type
from crawler.policy.sites import site_of
from crawler.policy.statuses import statuses_of, written


def accepts(**options):
    return acceptance_of(AcceptOptions.model_validate(options))


HEADS = [
    # accept, status, Content-Type, objection
    ({}, 200, None, ""),
    ({}, 203, "text/html", ""),
    ({}, 206, None, ""),
    ({}, 202, "text/html", "HTTP status 202: not yet"),
    ({"status": [200]}, 206, None, ""),
    ({"status": [200]}, 203, None, "HTTP status 203 is not accepted"),
    ({"status": [200]}, 204, None, "HTTP status 204 is not accepted"),
    ({"status": [202]}, 202, None, ""),
    ({"status": [202]}, 200, None, "HTTP status 200 is not accepted"),
    ({"status": ["20x"]}, 202, None, "HTTP status 202: not yet"),
    ({"status": ["20x"]}, 226, None, "HTTP status 226 is not accepted"),
    ({"types": ["text/html"]}, 200, "Text/HTML; charset=utf-8", ""),
    ({"types": ["Text/HTML"]}, 200, "text/html", ""),
    ({"types": ["text/html"]}, 200, "text/htmlx", "type text/htmlx is not accepted"),
    ({"types": ["image/*"]}, 200, "image/svg+xml", ""),
    ({"types": ["image/*"]}, 200, "images/png", "type images/png is not accepted"),
    ({"types": ["image/*", "text/plain"]}, 206, "text/plain", ""),
    ({"types": ["text/html"]}, 200, None, "no media type, and types are asked for"),
    ({"types": ["text/html"]}, 200, "html", "no media type, and types are asked for"),
    ({"types": ["text/html"]}, 204, None, ""),
]


@pytest.mark.parametrize(("said", "status", "content_type", "objection"), HEADS)
def test_a_head_is_wanted_or_has_a_reason(said, status, content_type, objection):
    assert accepts(**said).objection_to_head(status, content_type) == objection


LISTED = "http://www.example.co.uk/a"
REDIRECTS = {
    "any": {"http://elsewhere.example/": True},
    "none": {"http://www.example.co.uk/a/": False},
    "same_host": {
        "http://www.example.co.uk/b": True, "https://www.example.co.uk/a": True,
        "http://www.example.co.uk:8080/a": False, "https://www.example.co.uk:8443/a": False,
        "http://example.co.uk/a": False, "http://www.example.co.uk./a": True,
        "http://evil.example/www.example.co.uk": False,
    },
    "same_site": {
        "https://login.example.co.uk:8443/": True, "http://example.co.uk/": True,
        "http://other.co.uk/": False, "http://co.uk/": False,
        "http://www.example.co.uk.evil.example/": False,
    },
}  # fmt: skip


@pytest.mark.parametrize("reach", REDIRECTS)
def test_a_redirect_leads_only_as_far_as_it_may(reach):
    accept = accepts(redirects=reach)
    for target, follows in REDIRECTS[reach].items():
        reason = "" if follows else f"redirect to {target} is not accepted"
        assert accept.objection_to_redirect(LISTED, target) == reason


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.example.org", "b.c.example.org", True), ("a.github.io", "b.github.io", False),
        ("127.0.0.1", "127.0.0.1", True), ("10.0.0.1", "127.0.0.1", False),
        ("[::1]", "[::1]", True), ("[::1]", "[::2]", False), ("localhost", "localhost", True),
        ("a.xn--fiqs8s", "b.xn--fiqs8s", False), ("x.a.xn--fiqs8s", "a.xn--fiqs8s", True),
    ],
)  # fmt: skip
def test_hosts_are_one_site_by_the_domain_that_somebody_registered(one, other, same):
    assert (site_of(one) == site_of(other)) is same


def test_a_body_is_wanted_from_its_least_size_on():
    accept = accepts(min_size="2KB")
    assert accept.objection_to_size(2000) == ""
    assert accept.objection_to_size(1999) == "1,999 bytes, 2,000 at least are accepted"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_text_is_found_wherever_the_body_is_cut(size):
    body = b"<p>aab</p>" * 3 + b"Please log in" + b"ab" * 9
    for texts, found in {
        (b"log in",): b"log in", (b"nothing", b"Please log in"): b"Please log in",
        (b"abaX",): None, (b"aabX", b"b"): b"b", (b"x" * 500,): None,
    }.items():  # fmt: skip
        search = BodySearch(texts)
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        assert [search.feed(piece) for piece in pieces][-1] == found


def test_a_search_keeps_no_more_than_the_longest_text():
    search = BodySearch([b"a" * 10, b"b"])
    for _ in range(100):
        search.feed(bytes(1000))
    assert len(search._edge) < 10


def test_a_site_gives_one_cause_whatever_page_was_asked_for():
    wall = "http://example.org/login"
    redirects = {
        cause_of(accepts(redirects="none").objection_to_redirect(LISTED, f"{wall}?next={n}"))
        for n in range(9)
    }
    sizes = {cause_of(accepts(min_size=9999).objection_to_size(n)) for n in (7, 1234)}
    assert redirects == {f"redirect to {wall} is not accepted"}
    assert sizes == {"9,999 at least are accepted"}
    assert cause_of(contains(b"Log in")) == 'contains "Log in"'


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ([404], {404}),
        (["5XX", "503"], {*range(500, 600)}),
        (["52x", 404], {404, *range(520, 530)}),
    ],
)
def test_statuses_are_numbers_or_classes(said, meant):
    assert statuses_of(map(written, said)) == meant


@pytest.mark.parametrize(
    ("accept", "problem"),
    [
        ({"status": [404]}, "of 200 to 299 alone there is a file"),
        ({"status": []}, "at least 1 item"),
        ({"status": ["2x0"]}, "is no status"),
        ({"status": [True]}, "is no status"),
        ({"status": [99]}, "is no status"),
        ({"types": ["html"]}, "is no media type"),
        ({"types": ["*/*"]}, "is no media type"),
        ({"types": ["text/html; charset=utf-8"]}, "is no media type"),
        ({"redirects": "same_domain"}, "Input should be"),
        ({"not_containing": [""]}, "at least 1 character"),
        ({"min_size": -1}, "a size is needed"),
    ],
)
def test_what_makes_no_sense_is_refused(accept, problem):
    with pytest.raises(ValidationError, match=problem):
        Job(name="j", urls=("http://x/",), accept=accept)


def test_of_a_content_type_the_beginning_is_read_however_long_it_is():
    assert content_type('Text/HTML; q=1; Charset="UTF-8"') == ("text/html", "utf-8")
    assert content_type(f"text/html;{' ' * MAX_SAID}charset=utf-8") == ("text/html", None)
    assert content_type(None) == content_type("none") == (None, None)
