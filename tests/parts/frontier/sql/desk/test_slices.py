"""A change to many URLs leaves the file to others between its slices."""

import sqlite3
import time
from contextlib import closing

from crawler.frontier import START, Retry, Wanted, open_ledger
from crawler.frontier.sql.desk.slices import ROWS_AT_ONCE
from tests.parts.desk import at
from tests.parts.frontiers import NOW
from tests.parts.ledgers import tallies


def copied(big, tmp_path):
    file, urls = big
    with open_ledger(file) as desk:
        desk.backup(tmp_path / "copy.sqlite")
    return tmp_path / "copy.sqlite", sum(1 for n in range(1, urls + 1) if n % 4 == 2)


def test_a_retry_of_many_goes_in_slices_and_leaves_room_between_them(big, tmp_path):
    copy, dead = copied(big, tmp_path)
    action, after, slices = Retry(Wanted(kinds=("timeout",))), START, []
    with open_ledger(copy, write=True) as desk, closing(sqlite3.connect(copy, timeout=0)) as other:
        while after is not None:
            began = time.monotonic()
            done = at(desk, NOW).change(action, after)
            slices.append((done.counts["timeout"], time.monotonic() - began))
            after = done.after
            other.execute("BEGIN IMMEDIATE")
            other.rollback()
    assert sum(number for number, _ in slices) == dead
    assert max(number for number, _ in slices) <= ROWS_AT_ONCE
    assert len(slices) >= dead // ROWS_AT_ONCE
    kept, real = tallies(copy)
    assert kept == real


def test_a_slice_whose_answer_was_lost_may_be_asked_for_again(big, tmp_path):
    copy, dead = copied(big, tmp_path)
    action, after, found = Retry(Wanted(kinds=("timeout",))), START, 0
    with open_ledger(copy, write=True) as desk:
        while after is not None:
            first = at(desk, NOW).change(action, after)
            again = at(desk, NOW).change(action, after)
            found += first.counts.total() + again.counts.total()
            after = first.after
    assert found == dead
    kept, real = tallies(copy)
    assert kept == real
