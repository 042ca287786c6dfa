import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.policy.naming import (
    DEFAULT_TEMPLATE,
    MAX_COMPONENT,
    MAX_DEPTH,
    MAX_PATH,
    fields_of,
    path_key,
    path_of,
    suffixed,
)
from crawler.store.files import part_name
from crawler.urls import canonical, hex_of
from tests import examples

NUMBER = -0x0123456789ABCDEF
LONGEST_OWNER = 10**19


def path(url, template=DEFAULT_TEMPLATE, bound=None, job="job"):
    return path_of(template, job, canonical(url), NUMBER, bound or {})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h/", "h/index.html"),
        ("http://h/a/", "h/a/index.html"),
        ("http://h//", "h/index.html"),
        ("http://h/a", "h/a"),
        ("http://h/a/b.gif", "h/a/b.gif"),
        ("http://h/a//b", "h/a/b"),
        ("https://h/a", "h/a"),
        ("http://h:8080/a", "h_8080/a"),
        ("https://h:80/a", "h_80/a"),
        ("http://[::1]:81/a", "[__1]_81/a"),
        ("http://h/?q=1", "h/index.html@q=1"),
        ("http://h/a?q=1&r=2", "h/a@q=1&r=2"),
        ("http://h/a.php?f=/etc/passwd", "h/a.php@f=_etc_passwd"),
        ("http://h/a?q=%2e%2e%2f", "h/a@q=.._"),
        ("http://h/%61%20b", "h/a b"),
        ("http://h/%E6%97%A5", "h/日"),
        ("http://h/e%CC%81", "h/é"),
        ("http://h/%FF", "h/\ufffd"),
    ],
)
def test_a_url_has_a_path_below_its_host(url, expected):
    assert path(url) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{job}/{host}/{name}.{ext}", "job/h.example/photo.tar.gz"),
        ("{digest}", hex_of(NUMBER)),
        ("{cc}/{1}.gif", "cn/cn.gif"),
        ("a//{cc}/", "a/cn"),
        ("{cc}{cc}{{x}}", "cncn{x}"),
        ("fixed", "fixed"),
        ("{empty}", "_"),
        ("{empty}/{cc}", "cn"),
    ],
)
def test_a_template_is_filled_from_the_url_and_its_globs(template, expected):
    bound = {"cc": "cn", "1": "cn", "empty": ""}
    assert path("http://h.example/a/photo.tar.gz?x", template, bound) == expected


def test_a_url_without_extension_leaves_no_dot_behind():
    assert path("http://h/photo", "{name}.{ext}") == "photo"
    assert path("http://h/", "{name}.{ext}") == "index.html"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("..", "_/x"),
        (".", "_/x"),
        ("../../etc", ".._.._etc/x"),
        ("%2e%2e", "_/x"),
        ("..%2f..%2fetc", ".._.._etc/x"),
        ("/etc/passwd", "_etc_passwd/x"),
        ("a\0b", "a_b/x"),
        ("a%00b", "a_b/x"),
        ("con", "con_/x"),
    ],
)
def test_a_bound_value_is_one_component_and_stays_inside(value, expected):
    assert path("http://h/", "{v}/x", {"v": value}) == expected


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("..%2f..%2fetc%2fpasswd", ".._.._etc_passwd"),
        ("%2e%2e%5c%2e%2e%5cx", ".._.._x"),
        ("%252e%252e", "%2e%2e"),
        ("...", "_"),
        ("..%20", "_"),
        ("a%00.gif", "a_.gif"),
        ("a%0Ab%0D%1B%5B31m", "a_b__[31m"),
        ("a%7F%C2%9Bb", "a__b"),
        ("a%E2%80%AEgif.exe", "a_gif.exe"),
        ("a:b%7Cc%3Cd%3Ee%22f%2Ag", "a_b_c_d_e_f_g"),
        ("CON", "CON_"),
        ("con.txt", "con.txt_"),
        ("Lpt1", "Lpt1_"),
        ("console", "console"),
        ("a%20", "a"),
        ("a.", "a"),
        (".hidden", ".hidden"),
        ("-rf", "-rf"),
        ("~", "~"),
        ("a.0123456789abcdef.7.part", "a.0123456789abcdef.7.part_"),
        ("a.0123456789abcdef.7.part.", "a.0123456789abcdef.7.part_"),
        ("a.part", "a.part"),
        ("a.20260101T000000Z.txt", "a.20260101T000000Z_.txt"),  # as an older version is called
    ],
)
def test_a_hostile_name_becomes_a_harmless_one(segment, expected):
    assert path(f"http://h/{segment}") == f"h/{expected}"


@pytest.mark.parametrize("name", ["a" * 5000, "%E6%97%A5" * 200, "%F0%9F%98%80" * 100])
def test_an_overlong_name_is_cut_and_stays_distinct_and_keeps_its_extension(name):
    one, other = (path(f"http://h/{name}{end}.html").removeprefix("h/") for end in "xy")
    assert len(one.encode()) <= MAX_COMPONENT
    assert re.search(r"~[0-9a-f]{16}\.html$", one)
    assert one != other
    assert "\ufffd" not in one


def test_an_overlong_extension_is_no_extension():
    name = path("http://h/a." + "b" * 5000).removeprefix("h/")
    assert re.search(r"~[0-9a-f]{16}$", name)
    assert len(name) == MAX_COMPONENT


def test_a_deep_path_is_folded_and_stays_distinct():
    one = path("http://h/" + "a/" * 4000 + "x.gif")
    other = path("http://h/" + "a/" * 4001 + "x.gif")
    assert one != other
    assert len(one.split("/")) == MAX_DEPTH
    assert one.startswith("h/a/a/")
    assert one.endswith("/x.gif")
    shallow = "h/" + "/".join("a" * (MAX_DEPTH - 1))
    assert path(f"http://{shallow}") == shallow
    assert len(path(f"http://{shallow}/a").split("/")) == MAX_DEPTH


@pytest.mark.parametrize("letter", ["a", "%C3%A9", "%F0%9F%98%80"])
def test_a_long_path_stays_below_what_the_system_opens(letter):
    folders = f"{letter * 150}/" * (7000 // len(letter) // 150)
    one, other = (path(f"http://h/{folders}{name}/x.gif", "{url_path}/" * 9) for name in "bc")
    assert len(one.encode()) <= MAX_PATH
    assert one != other
    assert "/~" in one
    assert one.endswith("/x.gif")
    short = "h/" + "/".join(["a" * 150] * 20)
    assert path(f"http://{short}") == short


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("", "relative path inside"),
        ("/etc/{host}", "relative path inside"),
        ("../{host}", "relative path inside"),
        ("{host}/../x", "relative path inside"),
        ("{}", "names nothing"),
        ("{host!r}", "no format, no conversion"),
        ("{host:>10}", "no format, no conversion"),
        ("{host", "'}'"),
        ("host}", "'}'"),
    ],
)
def test_a_template_that_is_none_is_refused_with_words(template, why):
    with pytest.raises(ValueError, match=why):
        fields_of(template)


def test_a_template_tells_its_fields():
    assert fields_of("{job}/{{x}}/{cc}.{ext}") == ["job", "cc", "ext"]


def test_the_second_choice_carries_the_digest_before_the_extension():
    number = hex_of(NUMBER)
    assert suffixed("h/a/b.gif", NUMBER) == f"h/a/b-{number}.gif"
    assert suffixed("h/a", NUMBER) == f"h/a-{number}"
    assert suffixed(".hidden", NUMBER) == f".hidden-{number}"
    assert suffixed("a.gif", 1) != suffixed("a.gif", 2)


def test_paths_that_a_case_blind_file_system_takes_for_one_have_one_key():
    assert path_key("h/A") == path_key("h/a")
    assert path_key("h/e\u0301") == path_key("h/\u00e9") == path_key("h/\u00c9")
    assert path_key("h/stra\u00dfe") == path_key("h/STRASSE")
    assert len({path_key(name) for name in ("h/a", "h/b", "ha", "h/a/a")}) == 4
    assert -(2**63) <= path_key("h/a") < 2**63


_SEGMENTS = st.text(max_size=25) | st.sampled_from(["..", ".", "%2e%2e", "%2F", "%00", "con", "é"])
_PATHS = st.lists(_SEGMENTS, max_size=6).map("/".join)
_TEMPLATES = st.sampled_from(
    [DEFAULT_TEMPLATE, "{url_path}", "{name}.{ext}", "{v}", "{v}/.{v}./{name}"]
)


@settings(max_examples=examples(400), derandomize=True)
@given(_PATHS, _TEMPLATES, st.text(max_size=20), st.integers(1, 80))
@example("%2e%2e%2f" * 90, DEFAULT_TEMPLATE, "", 1)
@example("", "{v}", "..", 1)
@example("\u00df", "{v}", "CON.a.0123456789abcdef.1.part", 60)
def test_no_url_makes_a_path_that_is_not_safe(text, template, value, times):
    try:
        made = path("http://h/" + text * times, template, {"v": value * times})
    except ValueError:
        return
    again = suffixed(made, NUMBER)
    for component in (*made.split("/"), *again.split("/")):
        assert component not in {"", ".", ".."}
        assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in component)
        assert component == component.strip("/")
    assert len(made.split("/")) <= MAX_DEPTH
    assert all(len(part.encode()) <= MAX_COMPONENT for part in made.split("/"))
    assert len(made.encode()) <= MAX_PATH
    for name in (part_name(made, NUMBER, LONGEST_OWNER), part_name(again, NUMBER, LONGEST_OWNER)):
        assert max(len(part.encode()) for part in name.split("/")) <= 255
