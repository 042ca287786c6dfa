"""Jars: what counts of two, what goes where, how much there may be."""

import random

import pytest

from crawler.cookie import Cookie, packed, unpacked
from crawler.policy.cookie_jar import (
    GONE_S,
    MAX_BYTES_OF_VISIT,
    MAX_HEADER,
    MAX_LINES,
    MAX_OF_DOMAIN,
    MAX_OF_SITE,
    bounded,
    carried,
    cookies_set,
    goes_to,
    header_of,
    jar_name,
    joined,
)
from crawler.urls import split

NOW = 1_800_000_000.0
PLACE = split("https://www.shop.example/a/b")


def cookie(name="n", value="v", *, domain="shop.example", wide=True, path="/", secure=False,
           expires=NOW + 1000, set_at=NOW) -> Cookie:  # fmt: skip
    return Cookie(domain, wide, path, name, value, secure, expires, set_at)


def jar_of(*cookies: Cookie) -> dict:
    return joined(cookies)


@pytest.mark.parametrize(
    ("one", "url", "goes"),
    [
        (cookie(), "http://shop.example/", True), (cookie(), "http://a.b.shop.example:81/", True),
        (cookie(), "http://notshop.example/", False), (cookie(), "http://example/", False),
        (cookie(wide=False), "http://www.shop.example/", False),
        (cookie(secure=True), "http://shop.example/", False),
        (cookie(secure=True), "https://shop.example/", True),
        (cookie(expires=NOW), "http://shop.example/", False),
        (cookie(path="/a"), "http://shop.example/a", True),
        (cookie(path="/a"), "http://shop.example/a/b", True),
        (cookie(path="/a"), "http://shop.example/ab", False),
        (cookie(path="/a/"), "http://shop.example/a", False),
    ],
)  # fmt: skip
def test_a_cookie_goes_where_its_domain_path_and_scheme_are(one, url, goes):
    assert goes_to(one, split(url), NOW) is goes


def test_longer_paths_go_first_and_what_is_too_much_stays_behind():
    cookies = [cookie("root"), cookie("deep", path="/a"), cookie("other", path="/c")]
    assert header_of(cookies, PLACE, NOW) == "deep=v; root=v"
    assert header_of([cookie("", "alone")], PLACE, NOW) == "alone"
    assert header_of([], PLACE, NOW) is None
    bomb = [cookie(f"n{at}", "v" * 4000) for at in range(50)]
    assert len(header_of(bomb, PLACE, NOW)) <= MAX_HEADER


def test_jars_are_joined_alike_whatever_the_order_and_however_often():
    cookies = [cookie("n", str(at), set_at=NOW + at, expires=(at % 2) * 2 * NOW) for at in range(6)]
    cookies += [cookie("m", "1"), cookie("n", "elsewhere", path="/x")]
    wanted = jar_of(*cookies)
    assert wanted[cookies[0].key].value == "5"
    for seed in range(20):
        again = cookies * 2
        random.Random(seed).shuffle(again)
        half = jar_of(*again[: len(again) // 2])
        assert joined(half.values(), again[len(again) // 2 :]) == wanted


def test_a_jar_keeps_the_newest_of_each_domain_and_of_its_site():
    many = [cookie(f"n{at}", domain=f"d{at % 6}.example", set_at=NOW + at) for at in range(600)]
    found = bounded(jar_of(*many), NOW + 600)
    assert len(found) == MAX_OF_SITE
    one = [cookie(f"n{at}", set_at=NOW + at) for at in range(100)]
    kept = bounded(jar_of(*one), NOW + 100)
    assert [each.name for each in kept.values()] == [f"n{at}" for at in range(50, 100)]
    assert len(kept) == MAX_OF_DOMAIN


def test_that_a_cookie_is_gone_is_known_for_a_day():
    gone = jar_of(cookie(expires=0.0))
    assert bounded(gone, NOW + GONE_S - 1) == gone
    assert bounded(gone, NOW + GONE_S + 1) == {}


def test_a_visit_carries_the_newest_as_far_as_there_is_room():
    many = [cookie(f"n{at}", "v" * 4000, set_at=NOW + at) for at in range(20)]
    found = carried(many)
    assert found == tuple(many[-len(found) :])
    assert 2 < sum(len(one.value) for one in found) <= MAX_BYTES_OF_VISIT
    assert unpacked(packed(found)) == found
    assert packed(()) is None


def set_by(*lines: str, url: str = "https://www.shop.example/", jar=(), now=NOW) -> list[Cookie]:
    return cookies_set(lines, split(url), now, jar_of(*jar))


def test_an_answer_without_tls_lays_nothing_over_what_is_for_tls_alone():
    safe = cookie("sid", "safe", secure=True)
    plain = "http://www.shop.example/"
    assert set_by("sid=evil", url=plain, jar=[safe]) == []
    assert set_by("sid=evil; Domain=shop.example; Path=/a", url=plain, jar=[safe]) == []
    assert len(set_by("other=1", url=plain, jar=[safe])) == 1
    assert len(set_by("sid=1", url="http://other.example/", jar=[safe])) == 1
    assert len(set_by("sid=new; Secure", jar=[safe])) == 1


def test_what_is_set_again_is_news_only_if_it_changes_something():
    (known,) = set_by("a=1; Max-Age=1000")
    assert set_by("a=1; Max-Age=1000", jar=[known]) == []
    assert set_by("a=1; Max-Age=1000", jar=[known], now=NOW + 50) == []
    (later,) = set_by("a=1; Max-Age=1000", jar=[known], now=NOW + 500)
    assert later.expires == NOW + 1500
    assert len(set_by("a=2; Max-Age=1000", jar=[known])) == 1
    (gone,) = set_by("a=1; Max-Age=0", jar=[known])
    assert gone.expires == 0.0
    assert set_by("a=1; Max-Age=0", jar=[gone], now=NOW + 1) == []
    assert len(set_by("a=1", jar=[gone], now=NOW + 1)) == 1


def test_a_cookie_that_replaces_another_is_newer_whatever_the_clock_was():
    (known,) = set_by("a=1")
    (other,) = set_by("a=2", jar=[known], now=NOW - 500)
    assert joined([known], [other])[known.key].value == "2"
    assert joined([other], [known])[known.key].value == "2"


def test_of_one_answer_the_last_line_of_a_name_counts_and_lines_are_bounded():
    assert [one.value for one in set_by("a=1", "a=2")] == ["2"]
    assert len(set_by(*(f"n{at}=1" for at in range(10 * MAX_LINES)))) == MAX_LINES


def test_a_jar_is_of_a_site_or_of_a_host_alone():
    assert jar_name("job", split("https://a.b.shop.co.uk/")) == "shop.co.uk"
    assert jar_name("job", split("https://me.github.io/")) == "me.github.io"
    assert jar_name("host", split("https://a.shop.example:8443/")) == "=a.shop.example"
    assert jar_name("job", split("http://127.0.0.1:8/")) == "127.0.0.1"
