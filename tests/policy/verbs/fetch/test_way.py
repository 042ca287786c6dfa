"""The proxy that was typed, or those of the environment, and the line that says so."""

import pytest

from crawler.errors import UsageError
from crawler.verbs.fetch.way import environments, line_of, typed_proxy

BOTH = {"http_proxy": "http://u:p@p.example:1", "https_proxy": "http://u:p@p.example:1"}


def test_a_proxy_that_was_typed_needs_no_scheme():
    assert typed_proxy({"proxy": "p.example:3128"}) == {"proxy": "http://p.example:3128"}
    assert typed_proxy({"proxy": "socks5h://p.example"}) == {"proxy": "socks5h://p.example"}
    assert typed_proxy({"proxy": ""}) == {} == typed_proxy({})


def test_a_typed_proxy_goes_before_the_environment_also_one_that_is_none():
    assert environments({}, BOTH).of("http://h/") == BOTH["http_proxy"]
    assert environments({"proxy": ""}, BOTH) is None


def test_the_line_names_proxies_without_secrets_and_the_variables_that_count():
    proxies = environments({}, BOTH | {"no_proxy": "localhost,.a.example"})
    assert line_of(proxies, ["http", "https"]) == (
        "proxy http://***@p.example:1 of http_proxy and https_proxy; "
        "none for localhost,.a.example of no_proxy"
    )
    assert line_of(environments({}, {"https_proxy": "http://p:1"}), ["http"]) == ""


@pytest.mark.parametrize("text", ["http://p.example", "ftp://p:1", "http://:1"])
def test_what_is_no_proxy_or_has_no_port_is_refused_with_its_place(text):
    with pytest.raises(UsageError, match="-x: "):
        typed_proxy({"proxy": text})
    with pytest.raises(UsageError, match="http_proxy: "):
        environments({}, {"http_proxy": text})
