"""The proxies of the environment, as curl reads them."""

import pytest

from crawler.policy.proxies import proxies_of

PROXY = "http://p.example:3128"


def test_each_scheme_has_its_own_and_all_proxy_is_for_the_rest():
    proxies = proxies_of({"http_proxy": PROXY, "ALL_PROXY": "socks5h://s.example:1080"})
    assert proxies.of("http://a.example/") == PROXY
    assert proxies.of("https://a.example/") == "socks5h://s.example:1080"
    assert proxies.urls() == [PROXY, "socks5h://s.example:1080"]


def test_a_value_without_a_scheme_is_an_http_proxy():
    assert proxies_of({"https_proxy": "p.example:3128"}).of("https://a.example/") == PROXY


def test_capitals_of_http_proxy_are_not_read_for_they_may_be_a_header():
    assert proxies_of({"HTTP_PROXY": PROXY}) is None
    assert proxies_of({"HTTPS_PROXY": PROXY}).of("https://a.example/") == PROXY
    assert proxies_of({"http_proxy": "", "no_proxy": "*"}) is None


@pytest.mark.parametrize(
    ("exempt", "url"),
    [
        ("*", "http://a.example/"), ("a.example", "http://a.example/"),
        ("x, example", "http://a.example/"), (".example", "http://a.example/"),
        ("*.example", "http://a.example/"), ("A.EXAMPLE", "http://a.example/"),
        ("a.example:8080", "http://a.example:8080/"), ("127.0.0.1", "http://127.0.0.1:1/"),
        ("10.0.0.0/8", "http://10.1.2.3/"), ("[::1]", "http://[::1]/"), ("::1", "http://[::1]/"),
    ],
)  # fmt: skip
def test_a_host_that_is_exempt_is_asked_straight(exempt, url):
    assert proxies_of({"http_proxy": PROXY, "no_proxy": exempt}).of(url) is None


@pytest.mark.parametrize(
    ("exempt", "url"),
    [
        ("example", "http://anexample/"), ("a.example", "http://ba.example/"),
        ("a.example:8080", "http://a.example/"), ("127.0.0.1", "http://127.0.0.2/"),
        ("10.0.0.0/8", "http://11.1.2.3/"), (".", "http://a.example/"),
    ],
)  # fmt: skip
def test_a_host_that_only_looks_like_it_is_not(exempt, url):
    assert proxies_of({"http_proxy": PROXY, "no_proxy": exempt}).of(url) == PROXY
