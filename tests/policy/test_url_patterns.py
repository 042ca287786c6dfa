"""Patterns of whole URLs: what they match, what is refused, and that a match is linear."""

import random
import re
import time

import pytest

from crawler.policy.url_patterns import MAX_PATTERN, Patterns, check

URL = "https://www.example.org/papers/2026/One.pdf?id=7"


@pytest.mark.parametrize(
    "pattern",
    [
        "*", "**/*", "*.pdf?*", "/papers/*", "/papers/20?6/*", "https://www.example.org/*",
        "HTTPS://WWW.Example.ORG/*", "*/{news,papers}/*", "{http,https}://*", "*One.{p,q}df*",
        "re:/[0-9]{4}/", "re:^https://", "re:id=7$", "re:(?i)one", "re:one|papers",
    ],
)  # fmt: skip
def test_a_pattern_matches_a_url(pattern):
    assert Patterns([check(pattern)]).found(URL) == [0]


@pytest.mark.parametrize(
    "pattern",
    [
        "*.pdf", "/news/*", "/paper", "https://example.org/*", "http://*", "*one*", "*{a,b}.pdf?*",
        "re:^/papers", "re:one", "re:[.]pdf$", r"*\?id=8", "*.pdf\\*",
    ],
)  # fmt: skip
def test_a_pattern_does_not_match_a_url(pattern):
    assert Patterns([check(pattern)]).found(URL) == ()


def test_a_glob_of_an_origin_alone_is_its_first_page():
    assert Patterns([check("https://Example.org")]).found("https://example.org/") == [0]
    assert Patterns([check("http://[::1]:81/*")]).found("http://[::1]:81/a") == [0]


def test_signs_of_regular_expressions_mean_themselves_in_a_glob():
    for sign in "()|+^$.]}&%#@":
        pattern = Patterns([check(f"/a{sign}b")])
        assert pattern.found(f"http://h/a{sign}b")
        assert not pattern.found("http://h/aab")


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("", "begin it with https://"), ("example.org/*", "begin it with https://"),
        ("*[0-9]", r"write {a,b}, a regular expression (re:...), or \["),
        ("*{a", "not closed"), ("*{a,{b}}", "regular expression"), ("*\xfc", "%C3%BC"),
        ("/a b", "%20"), ("re:a\nb", "%0A"), ("*" * (MAX_PATTERN + 1), "longer than"),
        ("re:", "empty"), ("re:(", "missing )"), ("re:a{1001}", "up to 1000"),
        ("re:(a{200}){200}", "up to 1000"), (r"re:a\Z", r"\z"), ("re:[b-a]", "b-a"),
        ("re:(?=a)", "around itself"), ("re:(?!a)", "around itself"),
        ("re:(?<=a)b", "around itself"), ("re:(?<!a)b", "around itself"),
        (r"re:(a)\1", "back"), ("re:(?P<n>a)(?P=n)", "back"), (r"re:(?<n>a)\k<n>", "back"),
        ("re:a++", "possessive"), ("re:(?>a)", "possessive"), ("re:(?(1)a|b)", "condition"),
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused_with_what_to_write(pattern, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        check(pattern)


def test_patterns_that_are_too_large_together_are_refused():
    with pytest.raises(ValueError, match="500 patterns are too large together"):
        Patterns([f"re:{at}[a-z]{{900}}[0-9]{{90}}" for at in range(500)])


def test_the_numbers_of_all_that_match_are_found():
    assert sorted(Patterns(["*.pdf?*", "/news/*", "re:papers"]).found(URL)) == [0, 2]


@pytest.mark.parametrize(
    ("pattern", "chars"),
    [
        ("re:(a?){300}a{300}$", "a"), ("re:(a+)+$", "a"), ("re:(a|aa)+b$", "a"),
        ("re:(x+x+)+y", "x"), ("re:[01]*1[01]{15}x", "01"), ("*a*a*a*a*a*a*b", "a"),
    ],
)  # fmt: skip
def test_a_match_is_linear_in_the_length_of_a_url(pattern, chars):
    patterns = Patterns([check(pattern)])
    chance = random.Random(7)
    short, long = (
        "http://h/" + "".join(chance.choices(chars, k=length)) + "!" for length in (1000, 8000)
    )

    def cost(url):
        began = time.process_time()
        patterns.found(url)
        return time.process_time() - began

    patterns.found(short)
    assert min(cost(long) for _ in range(3)) < 0.5 + 30 * min(cost(short) for _ in range(3))
