"""Where an answer redirects to, and which redirects are refused."""

import pytest

from crawler.model import Kind, Trouble
from crawler.policy.redirects import MAX_REDIRECTS, REDIRECT_STATUS, redirect_of

ASKED = "http://site.example/a/b?c"


def redirected(location, status=302, **options):
    headers = {} if location is None else {"location": location}
    return redirect_of(status, headers, ASKED, **{"hops": 0, **options})


@pytest.mark.parametrize("status", sorted(REDIRECT_STATUS))
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x", "http://site.example/x"),
        ("x", "http://site.example/a/x"),
        ("?x", "http://site.example/a/b?x"),
        ("//other.example/x", "http://other.example/x"),
        ("https://other.example:8443/x#part", "https://other.example:8443/x"),
        ("/caf\u00c3\u00a9", "http://site.example/caf%C3%A9"),  # UTF-8, as headers are decoded
        ("/caf\u00e9?\u00fc", "http://site.example/caf%E9?%FC"),  # Latin-1
    ],
)
def test_a_location_is_joined_to_the_url_that_was_asked(status, location, target):
    assert redirected(location, status) == target


@pytest.mark.parametrize("status", [200, 204, 300, 304, 305, 306, 404, 503])
def test_a_location_means_nothing_with_another_status(status):
    assert redirected("/x", status) is None


def test_an_answer_without_a_location_is_no_redirect():
    assert redirected(None) is None
    assert redirected(None, hops=MAX_REDIRECTS) is None


@pytest.mark.parametrize("location", ["http://[::1", "ftp://site.example/", "mailto:a@b", "//"])
def test_a_location_that_cannot_be_asked_for_is_blocked(location):
    with pytest.raises(Trouble, match=r"^bad Location: ") as caught:
        redirected(location)
    assert caught.value.kind is Kind.BLOCKED


def test_one_redirect_more_than_the_limit_is_refused_wherever_it_leads():
    assert redirected("/x", hops=MAX_REDIRECTS - 1) == "http://site.example/x"
    for location in ("/x", "http://[::1"):
        with pytest.raises(Trouble, match="more than 10 redirects") as caught:
            redirected(location, hops=MAX_REDIRECTS)
        assert caught.value.kind is Kind.REDIRECT_LIMIT


@pytest.mark.parametrize("status", sorted(REDIRECT_STATUS))
def test_a_redirect_that_would_repeat_a_post_is_refused(status):
    if status in {307, 308}:
        with pytest.raises(Trouble, match="repeat the POST") as caught:
            redirected("/x", status, method="POST")
        assert caught.value.kind is Kind.HTTP_ERROR
    else:
        assert redirected("/x", status, method="POST") == "http://site.example/x"
