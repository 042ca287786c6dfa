"""Options for requests, as curl has them, become options of a job."""

import pytest

from crawler.errors import UsageError
from crawler.verbs.fetch.request import request_options, user_agent

FILES = {"headers": "A: 1\n\nB: 2\n", "body": "a=1\r\n&b=2\n", "-": "piped"}


def options(**given):
    return request_options(given, FILES.__getitem__)


def test_headers_are_lines_or_files_of_lines():
    assert options(header=("X-Key:  v ", "Empty;", "@headers"), referer="http://r/")["headers"] == {
        "X-Key": "v", "Empty": "", "A": "1", "B": "2", "Referer": "http://r/",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "told"),
    [("X-Key", "a header is needed"), ("Accept:", "'Accept;' sends it empty")],
)
def test_a_line_that_is_no_header_is_refused_without_it(line, told):
    with pytest.raises(UsageError, match=told):
        options(header=(line,))


def test_a_header_stands_there_once():
    with pytest.raises(UsageError, match="-H x: it is there twice"):
        options(header=("X: 1", "x: 2"))


def test_data_is_a_post_of_a_form_with_its_pieces_joined():
    assert options(data=("a=1", "@body", "@-")) == {
        "method": "POST", "body": "a=1&a=1&b=2&piped",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    }  # fmt: skip


def test_the_type_of_a_body_may_be_another_one():
    found = options(data=("{}",), header=("content-type: application/json",))
    assert found["headers"] == {"content-type": "application/json"}


def test_a_method_is_get_or_post():
    assert options(request="POST") == {"method": "POST", "body": ""}
    assert options(request="GET") == {}
    for given in ({"request": "PUT"}, {"request": "GET", "data": ("x",)}):
        with pytest.raises(UsageError, match="-X"):
            options(**given)


def test_cookies_are_pairs_or_a_file():
    assert options(cookie=("a=1", "b=2"))["headers"] == {"Cookie": "a=1; b=2"}
    jar = options(cookie=("jar.txt",))["cookies"]
    assert (jar["file"].name, jar["keep"]) == ("jar.txt", "job")
    assert options(cookie=("",))["cookies"] == {"keep": "job"}
    assert "cookies" not in options(cookie=("a=1",))
    for given in ({"cookie": ("a=1", "jar")}, {"cookie": ("a=1",), "header": ("Cookie: b=2",)}):
        with pytest.raises(UsageError, match="-b"):
            options(**given)


def test_the_user_agent_is_no_header_like_others():
    found = options(header=("user-agent: me",))
    assert user_agent({}, found) == "me"
    assert found["headers"] == {}
    assert user_agent({"user_agent": "you"}, {}) == "you"
    assert user_agent({}, {}) is None


@pytest.mark.parametrize("agent", ["a\nb", "\u20ac"])
def test_a_user_agent_that_is_no_value_of_a_header_is_refused_in_a_sentence(agent):
    for given, found in (({"user_agent": agent}, {}), ({}, {"headers": {"User-Agent": agent}})):
        with pytest.raises(UsageError, match="-A: a header"):
            user_agent(given, found)
