"""A visit by one of several proxies: the next one where the first fails, and what is told of it."""

import pytest

from crawler.fetch.proxying import Proxying
from crawler.model import Kind, Trouble

ONE, OTHER = "http://one:3128", "http://other:3128"


@pytest.fixture
def told():
    return []


@pytest.fixture
def proxying(told):
    return Proxying(told=lambda proxy, cause: told.append((proxy, cause)))


def sends(*bad: str, at_proxy: bool = True):
    """Return what sends by every proxy but these."""

    def send(proxy: str) -> str:
        if proxy in bad:
            raise Trouble(Kind.CONNECT, f"no {proxy}", at_proxy=at_proxy)
        return proxy

    return send


def test_the_next_one_is_taken_at_once_and_the_failure_is_told_once(proxying, told):
    mine = proxying.by_one_of([ONE, OTHER], "h", sends())
    others = OTHER if mine == ONE else ONE
    for _ in range(3):
        assert proxying.by_one_of([ONE, OTHER], "h", sends(mine)) == others
    assert told == [(mine, f"no {mine}")]


def test_where_all_fail_the_last_reason_is_that_of_the_visit_and_it_is_tried_again(proxying, told):
    with pytest.raises(Trouble, match="no http://o"):
        proxying.by_one_of([ONE, OTHER], "h", sends(ONE, OTHER))
    assert {proxy for proxy, _ in told} == {ONE, OTHER}
    found = proxying.by_one_of([ONE, OTHER], "h", sends())
    assert told[2:] == [(found, "")], "it works again"


def test_what_fails_behind_a_proxy_is_not_sent_twice(proxying, told):
    sent = []

    def send(proxy: str) -> str:
        sent.append(proxy)
        raise Trouble(Kind.CONNECT, "the host")

    with pytest.raises(Trouble, match="the host"):
        proxying.by_one_of([ONE, OTHER], "h", send)
    assert (len(sent), told) == (1, [])
