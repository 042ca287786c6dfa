"""Which origins may see a job's credentials: a pure rule on the configuration and the URL."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.policy import globbing
from crawler.policy.credentials import MAX_ORIGINS, Origins, is_ordinary, without_echo
from crawler.urls import canonical, origin_of

HOME = "https://home.example/a"


def seen(origins: Origins, url: str, location: str | None = None) -> bool:
    return origins.may_see(canonical(url), canonical(location or url))


@pytest.mark.parametrize(
    "pattern",
    [
        "https://home.example/[1-9]", "HTTPS://Home.Example:443?x", "https:home.example", "https://home.example.:443/",
        "https://{home,other}.example/", "http{s,}://home.example/", "https://home.exampl{e,e/x}/",
        "{https://home.example/a,http://b.example/}", "https://{a=home}.example/{a}",
        r"https:\\home.example\\x", "https://home.example#x", "https://[a-h][l-o]me.example/",
    ],
)  # fmt: skip
def test_the_origin_of_a_url_in_the_configuration_sees_them(pattern):
    pattern = pattern.replace(r"\\", "/") if "\\" in pattern else pattern
    expected = any(
        origin_of(canonical(url)) == origin_of(HOME) for url, _ in globbing.parse(pattern)
    )
    assert seen(Origins([pattern]), HOME) is expected


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/a", "http://home.example/a", "https://home.example:444/a",
        "https://sub.home.example/", "https://example/",
    ],
)  # fmt: skip
def test_no_other_origin_sees_them_whoever_lists_it(url):
    assert not seen(Origins([HOME], ["https://lists.example/list.txt"]), url)


def test_the_origin_of_a_list_sees_them():
    assert seen(Origins([], ["https://lists.example/list.txt"]), "https://lists.example/x")


@pytest.mark.parametrize("location", ["https://b.example/", "http://home.example/"])
def test_a_redirect_to_another_origin_carries_none(location):
    assert not seen(Origins([HOME, "https://b.example/"]), HOME, location)


def test_hosts_that_are_given_see_them_and_no_other_does():
    given = Origins([HOME], hosts=["api.example", "p.example:8443", "*.wide.example"])
    for host in ("api.example", "api.example:81", "p.example:8443", "a.b.wide.example"):
        assert seen(given, f"https://{host}/x"), host
    for host in ("home.example", "x.api.example", "p.example", "wide.example", "api.example.org"):
        assert not seen(given, f"https://{host}/x"), host


def test_a_redirect_to_a_host_that_is_given_carries_them_but_not_out_of_tls():
    given = Origins([HOME], hosts=["api.example"])
    assert seen(given, HOME, "https://api.example/")
    assert not seen(given, HOME, "http://api.example/")
    assert not seen(given, "https://api.example/", HOME)


def test_urls_of_too_many_origins_name_none():
    assert len(Origins([f"https://h[1-{MAX_ORIGINS}].example/[1-99999999]"])) == MAX_ORIGINS
    assert len(Origins([f"https://h[1-{MAX_ORIGINS + 1}].example/"])) == 0
    assert len(Origins(["https://[1-999999][1-999999].example/"])) == 0


def test_many_urls_of_one_origin_cost_little():
    urls = [f"https://home.example/{number}" for number in range(20_000)]
    start = time.process_time()
    assert list(Origins(urls)) == ["https://home.example:443"]
    assert time.process_time() - start < 0.5


@given(
    st.lists(st.sampled_from(["a", "b.c", "{d,e}", "[1-3]", "{x=y,z}"]), min_size=1, max_size=4),
    st.sampled_from(["", "/", "/[1-2]", "?q", "/{p,q}/r"]),
)
def test_the_origins_of_a_pattern_are_those_of_its_urls(labels, tail):
    try:
        pattern = globbing.parse(text := f"http://{'.'.join(labels)}.example{tail}")
    except ValueError:  # a name that is bound twice
        return
    assert set(Origins([text])) == {origin_of(canonical(url)) for url, _ in pattern}


@pytest.mark.parametrize(
    ("header", "ordinary"),
    [
        ("Accept-Language", True), ("referer", True), ("Sec-Fetch-Mode", True),
        ("X-Api-Key", False), ("Authorization", False), ("Cookie", False), ("Token", False),
    ],
)  # fmt: skip
def test_a_header_is_a_credential_unless_its_name_is_known(header, ordinary):
    assert is_ordinary(header) is ordinary


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("coding 's3cret-token'", "coding '***'"),
        ("coding 's3cret-to'", "coding '***'"),
        ("s3cret-token s3cret-token", "*** ***"),
        ("coding 'p4ss'", "coding '***'"),
        ("coding 's3cret'", "coding 's3cret'"),
        ("a b", "a b"),
    ],
)
def test_what_a_peer_repeats_of_a_secret_is_told_nowhere(text, told):
    assert without_echo(text, ["s3cret-token", "p4ss", "a", ""]) == told
