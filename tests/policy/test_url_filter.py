"""Which URLs of a list are left out, and why."""

import pytest
from pydantic import ValidationError

from crawler.config.filter_options import FilterOptions, filter_mark, url_filter
from crawler.urls import host_of

DAY = 86_400.0
NOW = 20_000 * DAY + 5000
PDF = "https://example.org/papers/1.pdf"
JPG = "https://example.org/papers/1.jpg"


def left_out(url, modified=None, now=NOW, **options):
    found = url_filter(FilterOptions(**options), now)
    return found.leaves_out(url, host_of(url), modified)


def test_without_a_word_there_is_no_filter():
    assert url_filter(None, NOW) is None
    assert url_filter(FilterOptions(), NOW) is None
    assert filter_mark(None) == filter_mark(FilterOptions()) == ""


def test_a_url_matches_one_pattern_to_be_included_and_none_to_be_excluded():
    assert not left_out(PDF, include=["/news/*", "*.pdf"])
    assert left_out(JPG, include=["/news/*", "*.pdf"])
    assert left_out(JPG, exclude=["/news/*", "*.jpg"])
    assert not left_out(PDF, exclude=["/news/*", "*.jpg"])
    assert left_out(JPG, include=["/papers/*"], exclude=["*.jpg"])
    assert not left_out(PDF, include=["/papers/*"], exclude=["*.jpg"])
    assert left_out("https://example.org/", include=["/papers/*"], exclude=["*.jpg"])


@pytest.mark.parametrize(
    ("hosts", "urls"),
    [
        (["example.org"], ["https://example.org/", "http://example.org:81/"]),
        (["example.org:81"], ["http://example.org:81/"]),
        (["*.example.org"], ["https://a.example.org/", "https://b.a.example.org/"]),
        (["*.example.org", "EXAMPLE.org"], ["https://a.example.org/", "https://example.org/"]),
        (["*"], ["https://example.org/"]),
        (["[2001:db8::7]"], ["http://[2001:db8::7]/"]),
    ],
)
def test_hosts_are_names_and_what_is_below_them(hosts, urls):
    for url in urls:
        assert not left_out(url, hosts=hosts)
        assert left_out(url, hosts=["other.org", "*.other.org"])


def test_a_name_that_only_ends_alike_is_another_host():
    assert left_out("https://badexample.org/", hosts=["*.example.org", "example.org"])
    assert left_out("https://example.org.evil.net/", hosts=["*.example.org", "example.org"])


def test_a_page_that_was_changed_before_the_date_is_left_out_and_one_without_a_date_is_not():
    since = "2024-10-04"  # 20,000 days after 1970
    begin = 20_000 * DAY
    assert left_out(PDF, begin - 1, lastmod_since=since)
    assert not left_out(PDF, begin, lastmod_since=since)
    assert not left_out(PDF, None, lastmod_since=since)
    assert not left_out(PDF, begin - 3600, lastmod_since=f"{since}T01:00+02:00")


def test_a_span_begins_with_a_day_and_a_short_one_with_an_hour():
    for now in (NOW, NOW + 10_000):
        assert left_out(PDF, 19_970 * DAY - 1, now, lastmod_since="30d")
        assert not left_out(PDF, 19_970 * DAY, now, lastmod_since="30d")
    assert left_out(PDF, 19_999 * DAY + 3599, lastmod_since="1d")
    assert not left_out(PDF, 19_999 * DAY + 3600, lastmod_since="1d")


def test_a_mark_is_of_what_is_said_and_that_of_a_reading_of_the_day_too():
    one = url_filter(FilterOptions(lastmod_since="30d"), NOW)
    later = url_filter(FilterOptions(lastmod_since="30d"), NOW + DAY)
    assert one.mark == later.mark == filter_mark(FilterOptions(lastmod_since="30d"))
    assert one.reading != later.reading
    assert one.reading == url_filter(FilterOptions(lastmod_since="30d"), NOW + 60).reading
    marks = {
        filter_mark(FilterOptions(**options))
        for options in (
            {"include": ["*"]}, {"exclude": ["*"]}, {"hosts": ["a.org"]}, {"lastmod_since": "30d"},
        )
    }  # fmt: skip
    assert len(marks) == 4


def test_what_leaves_a_url_out_is_told_in_the_words_of_the_configuration():
    found = url_filter(FilterOptions(include=["/papers/*"], exclude=["*.gif", "*.jpg"]), NOW)
    assert found.why(PDF, "example.org:443") == ""
    assert found.why(JPG, "example.org:443") == "exclude: *.jpg"
    assert found.why("https://example.org/", "example.org:443").startswith("include: ")
    found = url_filter(FilterOptions(hosts=["a.org"]), NOW)
    assert found.why(PDF, "example.org:443").startswith("hosts: ")


@pytest.mark.parametrize(
    "options",
    [
        {"lastmod_since": text}
        for text in ("", "0d", "0s", "yesterday", "30", "2026", "2026-13-01", "20260101", "-3d")
    ]
    + [{"hosts": ["*.example.org:81"]}, {"hosts": ["a/b"]}, {"include": ["*"] * 1001}, {"in": []}],
)
def test_what_makes_no_sense_is_refused(options):
    with pytest.raises(ValidationError):
        FilterOptions(**options)
