"""The head of an answer: how long it may be, and how often it is looked through."""

import time

import pytest

from crawler.model import Kind
from crawler.transport.response_head import MAX_HEAD_BYTES as MOST
from tests.parts.rude_talks import answer, length
from tests.parts.transport.test_connection_in_pieces import read


def head_of_size(size: int) -> bytes:
    lines = [length(0), *[b"A: " + b"b" * 15_000] * (size // 15_100)]
    return answer(*lines, b"B: " + b"b" * (size - len(answer(*lines, b"B: "))))


@pytest.mark.parametrize(("size", "seen"), [(MOST, 200), (MOST + 1, Kind.PROTOCOL)])
def test_a_head_has_a_length_that_it_may_not_exceed(size, seen):
    assert read([head_of_size(size)])[0] == seen


def test_a_head_that_comes_in_small_pieces_is_looked_through_once():
    data = answer(*[b"A: b"] * 30_000)
    pieces = [data[at : at + 64] for at in range(0, len(data), 64)]
    start = time.process_time()
    assert read(pieces)[0] is Kind.PROTOCOL
    assert time.process_time() - start < 1.0
