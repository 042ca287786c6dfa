"""Set-Cookie as a browser reads it: RFC 6265bis, its traps, and what hostile servers send."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.cookie import Cookie
from crawler.policy.set_cookie import MAX_ATTRIBUTE, MAX_COOKIE, MAX_LIFE_S, cookie_of
from crawler.urls import canonical, split

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC).timestamp()
PLACE = "https://www.shop.example/a/b"


def read(line: str, url: str = PLACE) -> Cookie | None:
    return cookie_of(line, split(canonical(url)), NOW)


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("a=1", "a", "1"), (" a = 1 ; x", "a", "1"), ("a=1=2", "a", "1=2"), ("a=", "a", ""),
        ("alone", "", "alone"), ("=alone", "", "alone"), ('a="q, r"', "a", '"q, r"'),
        ("a=caf\xe9", "a", "caf\xe9"), ("a=" + "v" * (MAX_COOKIE - 1), "a", "v" * (MAX_COOKIE - 1)),
    ],
)  # fmt: skip
def test_a_line_sets_a_name_and_a_value(line, name, value):
    cookie = read(line)
    assert (cookie.name, cookie.value) == (name, value)
    assert (cookie.domain, cookie.wide, cookie.path) == ("www.shop.example", False, "/a")
    assert (cookie.expires, cookie.secure, cookie.set_at) == (NOW + MAX_LIFE_S, False, NOW)


@pytest.mark.parametrize(
    "line",
    ["", ";", "=", " ; Path=/", "a=\x001", "a=1\x01", "a=1\r\nX: 1", "a\tb=1", "a=1\x7f",
     "a=1; Path=/\x00", "a=" + "v" * MAX_COOKIE],
)  # fmt: skip
def test_what_holds_control_characters_or_too_much_or_nothing_is_no_cookie(line):
    assert read(line) is None


@pytest.mark.parametrize(
    ("said", "domain", "wide"),
    [
        ("shop.example", "shop.example", True), (".SHOP.Example", "shop.example", True),
        ("www.shop.example", "www.shop.example", True), ("", "www.shop.example", False),
        (".", "www.shop.example", False),
    ],
)  # fmt: skip
def test_a_domain_is_the_hosts_own_or_one_that_it_is_in(said, domain, wide):
    cookie = read(f"a=1; Domain={said}")
    assert (cookie.domain, cookie.wide) == (domain, wide)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (PLACE, "example"), (PLACE, "other.example"), (PLACE, "a.www.shop.example"),
        (PLACE, "hop.example"), (PLACE, "w.shop.example"), (PLACE, "shop.example:443"),
        (PLACE, "shop.example."), (PLACE, "*.shop.example"), (PLACE, "..shop.example"),
        ("https://a.co.uk/", "co.uk"), ("https://me.github.io/", "github.io"),
        ("https://me.github.io/", ".io"), ("https://shop.localhost/", "localhost"),
        ("http://10.1.2.3/", "2.3"), ("http://10.1.2.3/", "1.2.3"), ("http://[::1]/", "::1"),
        ("https://xn--bcher-kva.example/", "b\xfccher.example"),
        ("https://a.xn--p1ai/", "xn--p1ai"),
    ],
)  # fmt: skip
def test_a_cookie_is_for_no_other_host_and_for_no_public_suffix(url, said):
    assert read(f"a=1; Domain={said}", url) is None


@pytest.mark.parametrize(
    ("url", "said"),
    [("https://github.io/", "github.io"), ("http://localhost/", "localhost"),
     ("http://10.1.2.3/", "10.1.2.3"), ("http://[::1]/", "[::1]")],
)  # fmt: skip
def test_a_public_suffix_an_address_and_a_bare_name_set_for_themselves_alone(url, said):
    cookie = read(f"a=1; Domain={said}", url)
    assert (cookie.domain, cookie.wide) == (said, False)


@pytest.mark.parametrize(
    ("url", "said", "path"),
    [
        (PLACE, "/x", "/x"), (PLACE, "x", "/a"), (PLACE, "", "/a"), ("https://h.example/", "", "/"),
        ("https://h.example/a", "", "/"), ("https://h.example/a/?q=/b/c", "", "/a"),
        (PLACE, "/" + "x" * MAX_ATTRIBUTE, "/a"),
    ],
)  # fmt: skip
def test_a_path_is_the_one_that_is_named_or_the_folder_of_the_url(url, said, path):
    assert read(f"a=1; Path={said}", url).path == path


@pytest.mark.parametrize(
    ("attributes", "lasts"),
    [
        ("Max-Age=60", 60), ("max-age = 60", 60), ("Max-Age=0", None), ("Max-Age=-5", None),
        ("Max-Age=9" + "9" * 40, MAX_LIFE_S), ("Max-Age=1h", MAX_LIFE_S),
        ("Max-Age=+60", MAX_LIFE_S),
        ("Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 60), ("Max-Age=60; Max-Age=30", 30),
        ("Expires=Sun, 29 Nov 2026 12:01:00 GMT", 60),
        ("Expires=Sunday, 29-Nov-26 12:01:00 GMT", 60),
        ("Expires=Sun Nov 29 12:01:00 2026", 60), ("Expires=29 nov 2026 12:01:00 +0100", 60),
        ("Expires=Sun, 29 Nov 2099 12:01:00 GMT", MAX_LIFE_S), ("Expires=soon", MAX_LIFE_S),
        ("Expires=Sun, 31 Feb 2027 12:01:00 GMT", MAX_LIFE_S),
        ("Expires=Sun, 29 Nov 2026 25:01:00 GMT", MAX_LIFE_S), ("Expires=0", MAX_LIFE_S),
    ],
)  # fmt: skip
def test_a_cookie_lasts_as_long_as_it_says_and_400_days_at_the_most(attributes, lasts):
    expires = read(f"a=1; {attributes}").expires
    assert expires == NOW + lasts if lasts else expires <= NOW


def test_a_date_that_is_past_says_that_the_cookie_is_gone():
    assert read("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT").expires <= NOW
    assert read("a=1; Expires=Wed, 01-Jan-69 00:00:00 GMT").expires == NOW + MAX_LIFE_S


@pytest.mark.parametrize(
    ("line", "url", "is_set"),
    [
        ("a=1; Secure", "http://h.example/", False), ("a=1; secure=x", "https://h.example/", True),
        ("__Secure-a=1; Secure", PLACE, True), ("__Secure-a=1", PLACE, False),
        ("__secure-a=1", PLACE, False), ("__Host-a=1; Secure; Path=/", PLACE, True),
        ("__Host-a=1; Secure", PLACE, False), ("__HOST-a=1; Path=/", PLACE, False),
        ("__Host-a=1; Secure; Path=/; Domain=www.shop.example", PLACE, False),
        ("__Host-a=1; Secure; Path=/a", PLACE, False),
        ("=__Host-a=1; Secure; Path=/", PLACE, False),
        ("__Secure-x", PLACE, False), ("=__Secure-x; Secure", PLACE, False),
        ("__Host-a=1; Secure; Path=/", "https://h.example/", True),
    ],
)  # fmt: skip
def test_what_is_for_tls_is_set_over_tls_and_a_prefix_keeps_its_promise(line, url, is_set):
    assert (read(line, url) is not None) is is_set


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=200))
def test_no_line_is_an_error_and_none_brings_what_cannot_be_sent(line):
    cookie = read(line)
    assert cookie is None or not set(cookie.pair) & set(";\r\n\0\t")
    assert cookie is None or cookie.expires <= NOW + MAX_LIFE_S
