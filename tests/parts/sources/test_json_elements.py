"""Elements of JSON arrays, however their bytes come, broken off or with bad ones among them."""

import gc
import json
import time

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st

from crawler.sources.json_elements import elements
from crawler.sources.lines import MAX_LINE_BYTES
from tests.cpu import in_proportion
from tests.parts.sources.readings import told, write

TEXTS = st.text(st.sampled_from('a"\\,[]{}\n é'), max_size=9)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@seed(4)
@given(st.lists(JSON, max_size=6), st.integers(1, 9), st.sampled_from([None, 1]))
def test_an_array_falls_into_its_elements_however_it_comes(values, size, indent):
    text = json.dumps(values, indent=indent, ensure_ascii=False).encode()
    parts = (text[at : at + size] for at in range(0, len(text), size))
    found = [json.loads(line) for block in elements(iter(parts)) for line in block or ()]
    assert found == values


def test_a_json_array_lists_objects_and_texts(one, tmp_path):
    content = """\ufeff [
      {"URL": "http://h/1", "cc": "cn"},
      "http://h/2",
      {"no": "url"}, 7,
      {"url": "http://h/4",
       "more": ["],", {"url": "http://h/no"}]}
    ]
    """
    for name in ("list.json", "list"):
        good, bad, error = told(one(url_file=write(tmp_path, name, content)))
        assert [url for url, _ in good] == ["http://h/1", "http://h/2", "http://h/4"]
        assert bad == [
            (3, "it has no url"), (4, 'it is no object, as in {"url": "https://example.org/"}'),
        ]  # fmt: skip
        assert error is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('["http://h/1", "http://h/', "it breaks off before the bracket that closes its array"),
        ('["http://h/1",', "it breaks off before"), ('["http://h/1"', "it breaks off before"),
        ('["http://h/1",\n"http://h/2"]\n["http://h/3"]', "something follows the bracket"),
    ],
)  # fmt: skip
def test_what_was_complete_before_an_array_breaks_off_counts(content, reason, one, tmp_path):
    good, bad, error = told(one(url_file=write(tmp_path, "list.json", content)))
    assert {url for url, _ in good} <= {"http://h/1", "http://h/2"}
    assert bool(good) == ('",' in content)
    assert bad == []
    assert f"list.json: {reason}" in error


def test_an_element_too_long_is_one_bad_line(one, tmp_path):
    long = "x" * (MAX_LINE_BYTES * 3)
    content = json.dumps(["http://h/1", long, {"url": long}, "http://h/2"])
    good, bad, error = told(one(url_file=write(tmp_path, "list.json", content)))
    assert [url for url, _ in good] == ["http://h/1", "http://h/2"]
    assert [number for number, _ in bad] == [2, 3]
    assert error is None


def cost(text):
    gc.collect()
    gc.freeze()  # what other tests have left is not looked through
    began = time.process_time()
    with pytest.raises(ValueError, match="breaks off"):
        for _ in elements(text[at : at + 262_144] for at in range(0, len(text), 262_144)):
            pass
    elapsed = time.process_time() - began
    gc.unfreeze()
    return elapsed


@pytest.mark.parametrize("piece", [b"[", b'"', b"\\\\", b'"\\', b"{", b",", b'"a"', b"]x["])
def test_hostile_arrays_cost_no_more_than_their_length(piece):
    long, short = (b"[[" + piece * number for number in (400_000, 200_000))
    well, why = in_proportion(lambda: cost(long), lambda: cost(short), 3, slack=0.05)
    assert well, why
