"""A change to many URLs leaves the file to others between its slices."""

from crawler.frontier.sqlite.desk.retry import retry
from crawler.frontier.sqlite.desk.selection import Wanted
from crawler.frontier.sqlite.desk.slices import ROWS_AT_ONCE
from crawler.frontier.sqlite.file.backup import backup
from crawler.frontier.sqlite.file.statefile import opened
from tests.parts.frontiers import NOW
from tests.parts.ledgers import tallies


def test_a_retry_of_many_goes_in_slices_and_leaves_room_between_them(big, tmp_path):
    file, urls = big
    copy = tmp_path / "copy.sqlite"
    backup(file, copy)
    dead = sum(1 for n in range(1, urls + 1) if n % 4 == 2)
    begins = []
    with opened(copy, write=True) as db:
        db.set_trace_callback(lambda text: begins.append(text) if text.startswith("BEGIN") else 0)
        found = retry(db, Wanted(kinds=("timeout",)), NOW)
    assert found == {"timeout": dead}
    assert len(begins) >= dead // ROWS_AT_ONCE
    kept, real = tallies(copy)
    assert kept == real
