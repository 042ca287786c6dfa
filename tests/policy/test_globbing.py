import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.policy.globbing import parse
from tests import examples


def urls(pattern):
    return [url for url, _ in parse(pattern)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("http://h/", ["http://h/"]),
        ("{a,b}", ["a", "b"]),
        ("x{a}y", ["xay"]),
        ("{a,,b}", ["a", "", "b"]),
        ("[1-3]", ["1", "2", "3"]),
        ("[8-11]", ["8", "9", "10", "11"]),
        ("[08-11]", ["08", "09", "10", "11"]),
        ("[0-2]", ["0", "1", "2"]),
        ("[0-9:3]", ["0", "3", "6", "9"]),
        ("[1-10:4]", ["1", "5", "9"]),
        ("[7-7]", ["7"]),
        ("[a-c]", ["a", "b", "c"]),
        ("[X-Z]", ["X", "Y", "Z"]),
        ("[a-g:3]", ["a", "d", "g"]),
        ("{cc=cn,in}", ["cn", "in"]),
        ("[id=09-10]", ["09", "10"]),
        ("{cc=cn,in}/{cc}.gif", ["cn/cn.gif", "in/in.gif"]),
        ("[id=1-2]/{id}", ["1/1", "2/2"]),
        ("{cc}", ["cc"]),
        (r"\{a,b\}\[1-2\]\\", ["{a,b}[1-2]\\"]),
        (r"a\b", [r"a\b"]),
        ("a}b]", ["a}b]"]),
        ("http://[::1]:8080/{a,b}", ["http://[::1]:8080/a", "http://[::1]:8080/b"]),
        ("http://[2001:db8::7]/[1-2]", ["http://[2001:db8::7]/1", "http://[2001:db8::7]/2"]),
    ],
)
def test_a_pattern_stands_for_its_urls(pattern, expected):
    assert urls(pattern) == expected
    assert len(parse(pattern)) == len(expected)


def test_numbers_are_padded_to_the_width_of_the_first():
    padded = urls("[001-100]")
    assert (padded[0], padded[9], padded[99]) == ("001", "010", "100")
    assert len(padded) == len(parse("[001-100]")) == 100


def test_the_rightmost_glob_varies_fastest():
    assert urls("{a,b}[1-2]{x,y}") == ["a1x", "a1y", "a2x", "a2y", "b1x", "b1y", "b2x", "b2y"]
    assert len(parse("{a,b}[1-2]{x,y}")) == 8


def test_a_glob_binds_its_value_to_its_name_and_its_position():
    pattern = parse("http://{cc=cn,in}.example/[1-2]/{cc}")
    assert pattern.names == {"cc", "1", "2"}
    assert list(pattern)[1] == (
        "http://cn.example/2/cn",
        {"cc": "cn", "1": "cn", "2": "2"},
    )


def test_the_same_values_again_are_another_glob_unless_named():
    assert len(parse("{a,b}{a,b}")) == 4
    assert len(parse("{x=a,b}{x}")) == 2


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("http://h/{a,b", r"'\{a,b' is not closed; write \\\{ for the character"),
        ("http://h/[1-9", r"'\[1-9' is not closed; write \\\[ for the character"),
        ("http://h/{", "not closed"),
        ("{}", "holds no alternatives"),
        ("{cc=}", "holds no alternatives"),
        ("[]", "is not a range"),
        ("[id=]", "is not a range"),
        ("[abc]", "is not a range"),
        ("[1-]", "is not a range"),
        ("[-1-2]", "is not a range"),
        ("[1-a]", "is not a range"),
        ("[a-C]", "is not a range"),
        ("[ab-cd]", "is not a range"),
        ("[1-9:x]", "is not a range"),
        ("[9-1]", "beyond the last"),
        ("[c-a]", "beyond the last"),
        ("[id=010-009]", "beyond the last"),
    ],
)
def test_what_is_no_glob_is_refused_with_words(pattern, why):
    with pytest.raises(ValueError, match=why):
        parse(pattern)


@pytest.mark.parametrize("pattern", ["[0-99999999999999999999]", "[1-999999999]" * 3])
def test_a_list_too_long_to_count_is_a_value_error(pattern):
    """The configuration turns a ValueError into file:line:column; anything else is a traceback."""
    with pytest.raises(ValueError, match=r".+"):
        len(parse(pattern))


def test_a_long_range_is_never_held_in_memory():
    pattern = parse("http://h/[0-199999]")
    tracemalloc.start()
    try:
        assert next(iter(pattern))[0] == "http://h/0"
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_backslash_takes_the_meaning_within_braces_too():
    assert urls(r"{a\,b,c\}}") == ["a,b", "c}"]


def test_two_globs_of_one_name_are_refused():
    """Otherwise `path` gets the value of one of them and {cc} in the URL that of the other."""
    with pytest.raises(ValueError, match="cc"):
        parse("http://{cc=a,b}.example/{cc=c,d}")


_WORDS = st.text("abcxyz019._/", min_size=1, max_size=4)
_SETS = st.lists(_WORDS, min_size=1, max_size=4).map(lambda words: "{" + ",".join(words) + "}")
_RANGES = st.builds(
    lambda first, more, step: f"[{first}-{first + more}:{step}]",
    st.integers(0, 120),
    st.integers(0, 8),
    st.integers(1, 4),
)


@settings(max_examples=examples(150), derandomize=True)
@given(st.lists(_SETS | _RANGES | _WORDS, max_size=4).map("".join))
def test_len_is_the_number_of_urls(pattern):
    found = list(parse(pattern))
    assert len(parse(pattern)) == len(found)
    assert all(set(bound) == parse(pattern).names for _, bound in found)


@settings(max_examples=examples(200), derandomize=True)
@given(st.text("ab{}[]-,:=19\\", max_size=12))
def test_any_text_is_a_pattern_or_a_value_error(text):
    try:
        pattern = parse(text)
    except ValueError:
        return
    assert len(pattern) >= 1
