"""Digests of rows: the same on every engine, whatever the order."""

import pytest

from crawler.frontier.copying.digest import Digest
from crawler.frontier.copying.ends import Position

ROWS = [(1, "a", None, 0.1, b"\x00"), (2, "ü", -(2**63), 9e999, b""), (3, "1", 0, 1e-300, None)]


def digest(rows):
    found = Digest()
    found.add(rows)
    return found


def test_rows_have_one_digest_in_any_order_and_in_any_pages():
    pages = Digest()
    for row in reversed(ROWS):
        pages.add([row])
    assert pages == digest(ROWS)
    assert pages.rows == len(ROWS)


@pytest.mark.parametrize("other", [
    ROWS[:2],
    [*ROWS, ROWS[0]],
    [(1, "a", None, 0.1, b"\x00"), (2, "ü", -(2**63), 9e999, b""), (3, 1, 0, 1e-300, None)],
    [(1, "a", 0, 0.1, b"\x00"), *ROWS[1:]],
    [(1, "a", None, 0.1 + 1e-17, b"\x00"), (1, "a", None, 0.30000000000000004, b"\x00"), *ROWS[2:]],
    [(1, None, "a", 0.1, b"\x00"), *ROWS[1:]],
])  # fmt: skip
def test_other_rows_have_another_digest(other):
    assert digest(other) != digest(ROWS)


def test_rows_are_given_back_as_every_engine_can_hold_them_and_count_so():
    odd = [(1, "a\0b", -0.0, b"\0", -0.5)]
    assert repr(Digest().add(odd)) == repr([(1, "a\\x00b", 0.0, b"\0", -0.5)])
    assert digest(odd) == digest([(1, "a\\x00b", 0.0, b"\0", -0.5)])


def test_a_position_is_what_was_written_of_it():
    at = Position((7, "key"), digest(ROWS))
    assert Position.of(at.text()) == at
