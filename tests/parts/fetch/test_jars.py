"""Jars of a process: what answers set holds at once, and is news until the ledger has it."""

from dataclasses import replace

import pytest

from crawler.config import Job
from crawler.cookie import Cookie, SetCookies, unpacked
from crawler.fetch import jars as module
from crawler.fetch.cookies import NO_COOKIES, load
from crawler.fetch.jars import Jars
from crawler.fetch.request import RequestBuilder
from crawler.model import Task
from crawler.transport.response_head import Headers
from crawler.urls import host_of

NOW = 1_800_000_000.0
URL = "https://www.shop.example/a"


def job(keep="job", **options) -> Job:
    return Job(name="j", urls=(URL,), cookies={"keep": keep}, **options)


def task(location=URL, **fields) -> Task:
    return Task(1, "j", URL, location, host_of(location), 1, 1, 1, **fields)


def heard(jars, one, *lines, at=URL, now=NOW, **fields):
    headers = Headers([("Set-Cookie", line) for line in lines])
    return jars.heard(task(at, **fields), one, headers, now)


def values(jar):
    return [cookie.value for cookie in unpacked(jar)]


def sent(jars, one, at=URL, **fields):
    builder = RequestBuilder(one, NO_COOKIES, lambda: NOW + 5, jars)
    return builder.request(task(at, **fields), "agent/1").headers.get("Cookie")


def test_what_an_answer_sets_is_sent_at_once_and_is_news_once():
    jars = Jars()
    heard(jars, job(), "sid=1; Domain=shop.example")
    assert sent(jars, job(), "https://other.shop.example/") == "sid=1"
    (news,) = jars.news()
    assert (news.job, news.jar, news.cookies[0].value) == ("j", "shop.example", "1")
    heard(jars, job(), "sid=2; Domain=shop.example", now=NOW + 1)
    jars.told([news])
    (later,) = jars.news()
    assert later.cookies[0].value == "2", "it came while the first was being told"
    jars.told([later])
    assert not jars.news()
    heard(jars, job(), "sid=2; Domain=shop.example", now=NOW + 2)
    assert not jars.news(), "it changes nothing"


def test_a_jar_of_a_host_is_for_that_host_alone():
    jars = Jars()
    heard(jars, job("host"), "sid=1; Domain=shop.example")
    assert sent(jars, job("host")) == "sid=1"
    assert sent(jars, job("host"), "https://other.shop.example/") is None


@pytest.mark.parametrize("keep", ["visit", "none"])
def test_a_job_that_keeps_nothing_has_no_jar(keep):
    jars = Jars()
    carried = heard(jars, job(keep), "sid=1")
    assert values(carried) == (["1"] if keep == "visit" else [])
    assert not jars.news()
    assert sent(jars, job(keep)) is None
    assert sent(jars, job(keep), jar=carried) == ("sid=1" if keep == "visit" else None)
    assert sent(jars, job("none"), jar=heard(jars, job(), "sid=1")) is None


def test_the_cookies_of_a_visit_are_those_of_its_redirects_and_the_newest_counts():
    jars = Jars()
    first = heard(jars, job("visit"), "a=1", "b=1")
    second = heard(jars, job("visit"), "b=2", "c=3", jar=first, now=NOW + 1)
    assert sent(jars, job("visit"), jar=second) == "a=1; b=2; c=3"
    gone = heard(jars, job("visit"), "a=; Max-Age=0", jar=second, now=NOW + 2)
    assert sent(jars, job("visit"), jar=gone) == "b=2; c=3"


def test_cookies_go_to_no_other_site_that_redirects_lead_to():
    jars = Jars()
    carried = heard(jars, job(), "sid=1; Domain=shop.example", "own=1; Secure")
    for away in ("https://evil.example/", "https://shop.example.evil.example/", "https://example/"):
        assert sent(jars, job(), away, jar=carried) is None
    assert sent(jars, job(), "http://www.shop.example/", jar=carried) == "sid=1"


def test_a_robots_txt_sets_and_gets_no_cookie():
    jars = Jars()
    heard(jars, job(), "sid=1")
    assert sent(jars, job(), robots=True) is None
    assert heard(jars, job(), "other=1", robots=True) is None
    assert sent(jars, job()) == "sid=1"


def test_jars_of_the_ledger_are_joined_with_what_is_news():
    jars = Jars(now=lambda: NOW)
    heard(jars, job(), "a=mine", "b=mine")
    other = [Cookie("www.shop.example", False, "/", name, "other", False, NOW + 99, NOW + at)
             for name, at in (("a", 1), ("b", -1), ("c", 0))]  # fmt: skip
    jars.learn([SetCookies("j", "shop.example", tuple(other))])
    assert sent(jars, job()) == "a=other; b=mine; c=other"


def test_a_jar_that_is_not_in_memory_is_asked_for(monkeypatch):
    monkeypatch.setattr(module, "MAX_JARS", 2)
    ledger, asked = {}, []

    def ask(name, jar):
        asked.append(jar)
        return ledger.get(jar, ())

    jars = Jars(ask)
    for site in ("a", "b", "c", "d"):
        heard(jars, job(), f"sid={site}", at=f"https://{site}.example/")
    assert sent(jars, job(), "https://a.example/") == "sid=a", "the ledger does not know it yet"
    ledger |= {one.jar: one.cookies for one in jars.news()}
    jars.told(jars.news())
    asked.clear()
    for site in ("b", "c", "d", "d"):
        assert sent(jars, job(), f"https://{site}.example/") == f"sid={site}"
    assert "d.example" in asked
    assert asked.count("d.example") <= 1


def test_a_bomb_of_cookies_brings_the_ledger_no_more_than_a_jar():
    jars = Jars(now=lambda: NOW)
    for at in range(50):
        heard(jars, job(), *(f"n{at}-{n}=1" for n in range(100)), now=NOW + at)
    assert sum(len(one.cookies) for one in jars.news()) <= 50


def test_what_is_kept_in_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 100_000)
    jars = Jars()
    for site in range(100):
        heard(
            jars, job(), *(f"n{at}={'v' * 3000}" for at in range(5)), at=f"https://s{site}.example/"
        )
        jars.told(jars.news())
    assert sum(len(one.value) for jar in jars._jars.values() for one in jar.cookies.values()) < 1e5


def test_cookies_of_the_file_stay_at_home_and_what_a_server_sets_is_newer(tmp_path):
    (tmp_path / "c").write_text("shop.example\tTRUE\t/\tFALSE\t0\tsid\tfile\n")
    one, jars = job(), Jars()
    builder = RequestBuilder(one, load(tmp_path / "c", "j"), lambda: NOW, jars)
    ask = lambda at: builder.request(task(at), "agent/1").headers.get("Cookie")  # noqa: E731
    assert ask(URL) == "sid=file"
    assert ask("https://other.shop.example/") is None
    heard(jars, one, "sid=set; Domain=shop.example; Path=/")
    assert ask(URL) == "sid=set"
    heard(jars, one, "sid=; Domain=shop.example; Path=/; Max-Age=0", now=NOW + 1)
    assert ask(URL) is None


def test_a_cookie_header_of_the_job_is_sent_beside_them():
    one = job("visit", headers={"Cookie": "typed=1"})
    jars = Jars()
    carried = heard(jars, one, "wall=passed")
    assert sent(jars, one, jar=carried) == "wall=passed; typed=1"
    assert sent(jars, one, "https://other.shop.example/", jar=carried) is None


def test_a_reason_repeats_no_cookie():
    jars = Jars()
    carried = heard(jars, job(), "sid=s3cret-session")
    builder = RequestBuilder(job(), NO_COOKIES, lambda: NOW, jars)
    for one in (task(), replace(task(), jar=carried)):
        assert "s3cret" not in builder.without_echo("bad line: Cookie: sid=s3cret-session", one)


def test_jars_that_are_renewed_are_asked_for_with_what_is_news_on_top():
    theirs = Cookie("www.shop.example", False, "/", "theirs", "1", False, NOW + 99, NOW)
    jars = Jars(lambda *_: (theirs,))
    heard(jars, job(), "ours=1")
    jars.renew("j")
    assert set(sent(jars, job()).split("; ")) == {"theirs=1", "ours=1"}
