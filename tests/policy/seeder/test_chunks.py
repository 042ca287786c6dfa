"""Chunks of lists: nothing lost, nothing moved, and a changed line touches its own chunk."""

import random
from itertools import chain, islice

import pytest
from hypothesis import example, given, seed, settings
from hypothesis import strategies as st

from crawler.seeder.chunks import MAX_BYTES, MAX_LINES, MIN_LINES, Chunk, Chunker
from tests import examples


class Long(bytes):
    """A line of zeros that is short to write: Hypothesis warns of examples that are not."""

    def __repr__(self) -> str:
        return f"bytes({len(self)})"


LINES = st.lists(
    st.one_of(
        st.binary(max_size=8).map(lambda line: line.replace(b"\n", b"")),
        st.integers(0, 300).map(lambda number: b"http://h/%d" % number),
        st.sampled_from([b"", b"#", b"\r", b"\0", Long(70_000)]),
    ),
    max_size=300,
)


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [
        b"https://flags.example.org/%d/flag.gif" % number for number in range(start, start + count)
    ]


def chunked(lines: list[bytes], salt: bytes = b"salt", block: int = 1000) -> list[Chunk]:
    chunker = Chunker(salt)
    blocks = (lines[start : start + block] for start in range(0, len(lines), block))
    return [*chain.from_iterable(map(chunker.feed, blocks)), *chunker.finish()]


def joined(chunks: list[Chunk]) -> list[bytes]:
    return [line for chunk in chunks for line in chunk.lines]


def keys(chunks: list[Chunk]) -> set[int]:
    return {chunk.key for chunk in chunks}


@settings(deadline=None, max_examples=examples(100))
@given(LINES)
def test_chunks_hold_every_line_once_and_in_order(lines):
    chunks = chunked(lines)
    assert joined(chunks) == lines
    number = 1
    for chunk in chunks:
        assert chunk.number == number
        number += len(chunk.lines)


@seed(4)
@settings(deadline=None, max_examples=examples(100))
@given(
    st.integers(0, 2**32), st.integers(0, 9000), st.lists(st.integers(1, 9000), min_size=1), LINES
)
def test_how_a_list_is_fed_makes_no_difference(first, count, sizes, odd):
    lines = numbered(count, first) + odd
    random.Random(first).shuffle(lines)
    chunker, chunks, source = Chunker(b"salt"), [], iter(lines)
    for size in chain(sizes, iter(lambda: 997, 0)):
        block = list(islice(source, size))
        chunks += chunker.feed(block)
        if not block:
            break
    chunks += chunker.finish()
    assert chunks == chunked(lines) == [*Chunker(b"salt").feed(iter(lines)), *chunks[-1:]]


@seed(4)
@settings(deadline=None, max_examples=examples(300))
@given(
    st.integers(0, 2**40),
    st.integers(1, 30_000),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(["insert", "remove", "change"]),
)
@example(0, 1, 0.0, "remove")
def test_one_line_changes_its_chunk_and_at_most_two_beside_it(first, count, where, act):
    before = numbered(count, first)
    at = int(where * count)
    new = [] if act == "remove" else [b"http://another.example/"]
    after = [*before[:at], *new, *before[at + (act != "insert") :]]
    old, now = keys(chunked(before)), keys(chunked(after))
    assert len(now - old) <= 3
    assert len(old - now) <= 3


@pytest.mark.campaign
def test_a_long_list_keeps_its_chunks_when_lines_come_and_go(full_campaign):
    size = 1_000_000 if full_campaign else 100_000
    before, edits = numbered(size), size // 10_000
    chance = random.Random(4)
    after = list(before)
    for number in range(edits):
        after.insert(chance.randrange(len(after)), b"http://new.example/%d" % number)
        del after[chance.randrange(len(after))]
    old, now = keys(chunked(before)), keys(chunked(after))
    assert len(old) > size // 2000
    assert len(now - old) < 3 * edits


@settings(deadline=None, max_examples=examples(100))
@given(LINES, st.integers(1, 400))
def test_anchors_are_unique_however_often_lines_repeat(lines, times):
    chunks = chunked(lines * times if len(lines) < 50 else lines)
    anchors = [chunk.anchor for chunk in chunks]
    assert len(set(anchors)) == len(anchors)


def test_a_chunk_with_a_changed_line_keeps_its_anchor():
    before = numbered(10_000)
    old = chunked(before)
    chunk = old[3]
    after = list(before)
    after[chunk.number + len(chunk.lines) // 2] += b"?changed"
    now = chunked(after)
    assert [one.anchor for one in now] == [one.anchor for one in old]
    assert [one.number for one in now if one.key not in keys(old)] == [chunk.number]


def test_a_list_of_one_line_again_and_again_has_chunks_of_the_greatest_length():
    chunks = chunked([b"http://h/same"] * 20_000)
    assert [len(chunk.lines) for chunk in chunks] == [MAX_LINES] * 4 + [20_000 - 4 * MAX_LINES]
    assert len({chunk.anchor for chunk in chunks}) == 5
    assert len(keys(chunks)) == 2


def test_chunks_are_neither_short_nor_long():
    chunks = chunked(numbered(200_000))
    lengths = [len(chunk.lines) for chunk in chunks[:-1]]
    assert min(lengths) >= MIN_LINES
    assert max(lengths) <= MAX_LINES
    assert 800 < sum(lengths) / len(lengths) < 1300


def test_long_lines_make_a_chunk_of_a_mebibyte():
    lines = [bytes([number]) * 100_000 for number in range(50)]
    chunks = chunked(lines, block=7)
    assert joined(chunks) == lines
    for chunk in chunks[:-1]:
        size = sum(map(len, chunk.lines))
        assert size - len(chunk.lines[-1]) <= MAX_BYTES < size


@settings(deadline=None, max_examples=examples(100))
@given(LINES.filter(bool), st.binary(max_size=40), st.binary(max_size=40))
def test_another_salt_makes_another_key_of_the_same_lines(lines, salt, other):
    assert (chunked(lines, salt) == chunked(lines, other)) is (salt == other)
    assert keys(chunked(lines, salt)).isdisjoint(keys(chunked(lines, other))) is (salt != other)


@settings(deadline=None, max_examples=examples(100))
@given(LINES)
def test_keys_and_anchors_fit_into_sqlite(lines):
    for chunk in chunked(lines):
        assert -(2**63) <= chunk.key < 2**63
        assert -(2**63) <= chunk.anchor < 2**63


@pytest.mark.parametrize(
    ("one", "other"),
    [([b"ab", b"c"], [b"a", b"bc"]), ([b""], [b"", b""]), ([b"a"], [b"a", b""])],
)
def test_where_lines_end_is_part_of_the_key(one, other):
    assert keys(chunked(one)) != keys(chunked(other))


def test_an_empty_list_has_no_chunk():
    assert chunked([]) == []
