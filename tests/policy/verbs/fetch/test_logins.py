"""Each URL has the login that was typed for all, stands in it, or is kept for its host."""

import pytest

from crawler.errors import UsageError
from crawler.verbs.fetch.logins import Login, by_login, hosts_of, login_of, taken_apart

ME = Login("me", "pw")


@pytest.mark.parametrize(
    ("url", "plain", "login"),
    [
        ("http://me:pw@h/a@b", "http://h/a@b", ME),
        ("https://m%40e:p%3aw@h:1/{a,b}", "https://h:1/{a,b}", Login("m@e", "p:w")),
        ("http://me:p@w@h/", "http://h/", Login("me", "p@w")),
        ("http://me@h/", "http://h/", Login("me", "")),
        ("http://@h/", "http://h/", None),
        ("http://h/a@b", "http://h/a@b", None),
        ("http://h?a@b", "http://h?a@b", None),
        ("http://{me:pw@a,b}/", "http://{me:pw@a,b}/", None),
    ],
)
def test_user_and_password_are_taken_out_of_a_url(url, plain, login):
    assert taken_apart(url) == (plain, login)


def test_what_was_typed_goes_before_the_url_and_this_before_what_is_kept():
    urls = ["http://a/", "http://you:x@b/", "http://c/"]
    kept = {"a": Login("a", "1")}.get
    assert by_login(urls, ME, kept) == {ME: ["http://a/", "http://b/", "http://c/"]}
    assert by_login(urls, None, kept) == {
        Login("a", "1"): ["http://a/"],
        Login("you", "x"): ["http://b/"],
        None: ["http://c/"],
    }


def test_what_is_kept_needs_one_host():
    with pytest.raises(UsageError, match="--netrc"):
        by_login(["http://{a,b}.example/"], None, {}.get)


def test_a_password_that_was_not_typed_is_asked_for():
    assert login_of("me:p:w", str) == Login("me", "p:w")
    assert login_of("me", lambda user: f"of {user}") == Login("me", "of me")


def test_the_hosts_of_urls_have_their_ports():
    assert hosts_of(["http://{a,b}/x", "https://a/"]) == ["a:443", "a:80", "b:80"]
