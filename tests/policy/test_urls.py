import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.policy.robots import url_of
from crawler.urls import (
    MAX_URL,
    canonical,
    fingerprint,
    hex_of,
    host_named,
    host_of,
    origin_of,
    same_origin,
    split,
)
from tests import examples


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.1", "http://127.0.0.1/"),
        ("http://0x7f000001/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0177.0.0.1/", "http://127.0.0.1/"),
        ("HTTP://EXAMPLE.Org", "http://example.org/"),
        ("http://example.org:80/", "http://example.org/"),
        ("https://example.org:443/", "https://example.org/"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("http://example.org:/", "http://example.org/"),
        ("http://[0:0:0:0:0:0:0:1]:80/", "http://[::1]/"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
        ("http://example.org/a/../b/./c", "http://example.org/b/c"),
        ("http://example.org/a/%2e%2E/b", "http://example.org/b"),
        ("http://example.org\\a\\b", "http://example.org/a/b"),
        ("http://example.org\\@evil.example/", "http://example.org/@evil.example/"),
        (" http://exam\nple.org/\t", "http://example.org/"),
        ("http://日本.example/é?ü", "http://xn--wgv71a.example/%C3%A9?%C3%BC"),
        ("http://example.org/a b\0c", "http://example.org/a%20b%00c"),
        ("http://example.org/%zz", "http://example.org/%zz"),
        ("http://example.org/?", "http://example.org/?"),
        ("http://example.org/a#b", "http://example.org/a"),
        ("http://example.org/?q=1#a?b#c", "http://example.org/?q=1"),
        ("http://@example.org/", "http://example.org/"),
    ],
)
def test_a_url_has_one_spelling(text, url):
    assert canonical(text) == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://user@example.org/", "user name or password"),
        ("http://user:secret@example.org/", "user name or password"),
        ("http://:secret@example.org/", "user name or password"),
        ("http://user@example.org\\@b/", "user name or password"),
        ("ftp://example.org/", "its scheme is ftp"),
        ("file:///etc/passwd", "its scheme is file"),
        ("mailto:a@example.org", "its scheme is mailto"),
        ("javascript:alert('http://x')", "its scheme is javascript"),
        ("data:text/html,http://x", "its scheme is data"),
        ("", "write it with its scheme"),
        ("example.org/a", "write it with its scheme"),
        ("//example.org/a", "write it with its scheme"),
        ("http://", "not a valid URL"),
        ("http://a b/", "not a valid URL"),
        ("http://example.org:99999/", "not a valid URL"),
        ("http://[::1/", "not a valid URL"),
        ("http://1.2.3.4.5/", "not a valid URL"),
        ("http://./", "its host has no name"),
        ("http://256.256.256.256/", "not a valid URL"),
        ("http://\ud800/", "not a valid URL"),
        ("http://example.org/\udcff", "not a valid URL"),
    ],
)
def test_what_is_no_url_for_us_is_refused_with_a_reason(text, why):
    with pytest.raises(ValueError, match=why) as refused:
        canonical(text)
    assert not text or text not in str(refused.value)


def test_a_password_is_not_in_the_message_that_refuses_it():
    with pytest.raises(ValueError, match="password") as refused:
        canonical("http://user:s3cret@example.org/")
    assert "s3cret" not in str(refused.value)


def test_a_url_may_be_as_long_as_the_limit_and_no_longer():
    longest = "http://example.org/".ljust(MAX_URL, "a")
    assert canonical(longest) == longest
    with pytest.raises(ValueError, match=f"longer than {MAX_URL}"):
        canonical(longest + "a")


def test_the_limit_counts_the_canonical_form():
    with pytest.raises(ValueError, match="longer than"):
        canonical("http://example.org/" + "é" * (MAX_URL // 5))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("b", "https://example.org/x/b"),
        ("/b", "https://example.org/b"),
        ("../b", "https://example.org/b"),
        ("?q", "https://example.org/x/a?q"),
        ("#top", "https://example.org/x/a"),
        ("//other.example/c", "https://other.example/c"),
        ("http://other.example:80", "http://other.example/"),
    ],
)
def test_a_relative_url_is_resolved_against_its_base(text, url):
    assert canonical(text, "https://example.org/x/a") == url


def test_a_redirect_to_another_scheme_or_with_a_password_is_refused():
    for text in ("ftp://example.org/", "//user:pass@example.org/"):
        with pytest.raises(ValueError, match="it"):
            canonical(text, "https://example.org/")


@pytest.mark.parametrize(
    ("url", "url_parts", "host"),
    [
        ("http://h/", ("http", "h", "80", "/", ""), "h:80"),
        ("https://h/a/b?c=/d?e", ("https", "h", "443", "/a/b", "?c=/d?e"), "h:443"),
        ("http://h:8080/?", ("http", "h", "8080", "/", "?"), "h:8080"),
        ("http://h:443/", ("http", "h", "443", "/", ""), "h:443"),
        ("https://[::1]/", ("https", "[::1]", "443", "/", ""), "[::1]:443"),
        ("https://[::1]:8443/x", ("https", "[::1]", "8443", "/x", ""), "[::1]:8443"),
    ],
)
def test_a_canonical_url_is_taken_apart_and_always_has_a_port(url, url_parts, host):
    assert tuple(split(url)) == url_parts
    assert host_of(url) == host


def test_http_and_https_are_different_hosts():
    assert host_of("http://h/") != host_of("https://h/")


def test_a_fingerprint_is_64_signed_bits_that_never_change():
    number = fingerprint("flags", "http://example.org/")
    assert number == fingerprint("flags", "http://example.org/") == 6781948320021484034
    assert hex_of(-1) == "f" * 16
    assert hex_of(1) == "0" * 15 + "1"


def test_a_fingerprint_tells_jobs_and_urls_apart():
    numbers = {
        fingerprint(job, url)
        for job in ("a", "b", "a\nhttp:")
        for url in (f"http://h/{number}" for number in range(1000))
    }
    assert len(numbers) == 3000
    assert min(numbers) >= -(2**63)
    assert max(numbers) < 2**63


def test_a_name_that_ends_in_a_dot_is_the_same_host():
    for dotted, plain in (("http://h./a", "http://h/a"), ("https://h.:81/.:", "https://h:81/.:")):
        assert split(canonical(dotted)) == split(plain)
        assert host_of(dotted) == host_of(plain)
        assert origin_of(dotted) == origin_of(plain)
        assert same_origin(dotted, plain)
        assert url_of(dotted) == url_of(plain)
    assert canonical("http://h./a") == "http://h./a"


_HOSTS = st.sampled_from(["h", "EXAMPLE.org", "127.1", "[::1]", "bücher.example", "0x7f.1"])
_URLS = st.builds(
    "{}://{}{}/{}{}{}".format,
    st.sampled_from(["http", "HTTPS"]),
    _HOSTS,
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.text(max_size=30),
    st.sampled_from(["", "?", "#", "?a=%zz", "#?", "?#"]),
    st.text(max_size=15),
)


@settings(max_examples=examples(300), derandomize=True)
@given(_URLS)
def test_the_canonical_form_is_its_own_canonical_form(text):
    try:
        url = canonical(text)
    except ValueError:
        return
    assert canonical(url) == url
    assert url.isascii()
    assert url.isprintable()
    assert "#" not in url
    url_parts = split(url)
    assert host_of(url) == url_parts.host
    assert origin_of(url) == f"{url_parts.scheme}://{url_parts.host}"
    again = f"{url_parts.scheme}://{url_parts.host}{url_parts.path}{url_parts.query}"
    assert canonical(again) == url


@settings(max_examples=examples(200), derandomize=True)
@given(st.text(max_size=40), st.none() | st.just("http://example.org/a/b"))
def test_any_text_is_a_url_or_a_value_error(text, base):
    try:
        url = canonical(text, base)
    except ValueError:
        return
    assert url.startswith(("http://", "https://"))


def test_an_origin_is_its_scheme_name_and_port():
    assert origin_of("http://a.example/x?y") == "http://a.example:80"
    assert origin_of("https://a.example/") == "https://a.example:443"
    assert origin_of("https://[2001:db8::1]:8443/x") == "https://[2001:db8::1]:8443"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("http://a.example/x", True),
        ("http://a.example:8080/", False),
        ("https://a.example/", False),
        ("http://b.a.example/", False),
    ],
)
def test_urls_share_an_origin_if_scheme_name_and_port_are_the_same(other, same):
    assert same_origin("http://a.example/y?z", other) is same


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Example.ORG", "example.org"),
        ("example.org:80", "example.org:80"),
        ("example.org:443", "example.org:443"),
        ("bücher.example.", "xn--bcher-kva.example"),
        ("127.1:8080", "127.0.0.1:8080"),
        ("[::1]", "[::1]"),
        ("[0:0::1]:81", "[::1]:81"),
    ],
)
def test_a_host_that_is_named_is_spelt_as_that_of_a_url(text, host):
    assert host_named(text) == host


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "http://a.example", "a.example/x", "u:p@a", "a#", "a?", "::1", "a:x"]
)
def test_what_is_no_host_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        host_named(text)
