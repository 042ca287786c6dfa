"""The `urls` of a job: patterns become lines, and lines give back what they were made of."""

from pathlib import Path

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from crawler import sources
from crawler.policy import globbing
from tests.parts.sources.readings import job, lines, told, unchanged, unfetched, urls


def test_patterns_are_one_source_whose_lines_hold_what_the_job_uses(one):
    source = one(
        urls=("http://h/{cc=cn,in}/[1-2]", "http://h/x{cc=us}"),
        path="{cc}/{name}",
        headers={"X-Number": "{2}", "X-Json": '{"a": 1}'},
    )
    assert source.name == "urls"
    good, bad, error = told(source)
    assert (bad, error) == ([], None)
    assert good == [
        ("http://h/cn/1", {"cc": "cn"}),
        ("http://h/cn/2", {"cc": "cn"}),
        ("http://h/in/1", {"cc": "in"}),
        ("http://h/in/2", {"cc": "in"}),
        ("http://h/xus", {"cc": "us"}),
    ]
    assert [source.where(number) for number in (1, 4, 5)] == ["urls[0]", "urls[0]", "urls[1]"]


PIECES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_characters="{}[],\\=-:"), max_size=4),
        st.sampled_from(["[1-3]", "[08-11:2]", "[a-c]", "{n=x,y}", "{a\\,b,\t}", "{\n,%s,}", "%d"]),
        st.sampled_from(["\\[", "\\\\", "\t", "\n", "\ud800", "{n}"]),
    ),
    max_size=6,
)


@seed(4)
@settings(deadline=None)
@given(PIECES)
def test_a_line_of_a_pattern_gives_back_what_it_was_made_of(tmp_path_factory, pieces):
    text = "http://h/" + "".join(pieces)
    try:
        pattern = globbing.parse(text)
    except ValueError:
        return
    path = "".join(f"{{{name}}}" for name in sorted(pattern.names)) or "x"
    (source,) = sources.of(job(urls=(text,), path=path), Path("/nowhere"), unfetched)
    assert not [line for line in lines(source) if b"\n" in line]
    assert told(source)[0] == [(url, bound) for url, bound in pattern]


def test_the_mark_of_patterns_is_their_text_and_what_is_made_of_them(one):
    patterns = ("http://h/{cc=a,b}",)
    source = one(urls=patterns, path="{cc}")
    assert urls(source) == ["http://h/a", "http://h/b"]
    assert source.version_read == source.version() != ""
    assert unchanged(source, source.version())
    others = [one(urls=patterns), one(urls=("http://h/{cc=a,c}",), path="{cc}")]
    others.append(one(urls=patterns, path="x/{cc}"))
    assert source.version() not in {other.version() for other in others}


def test_a_pattern_that_binds_less_than_path_uses_is_an_error(one):
    error = told(one(urls=("http://h/{a}",), path="{cc}"))[2]
    assert error == "urls[0]: binds no {cc}, which path uses"


def test_what_a_pattern_binds_cannot_end_a_header(one):
    source = one(urls=("http://h/{t=a,\n,日}",), headers={"X": "{t}"})
    good, bad, _ = told(source)
    assert good == [("http://h/a", {"t": "a"})]
    assert bad == [(number, "its t cannot stand in a header") for number in (2, 3)]
