"""How many hosts are in which state, on a ledger of any size."""

import shutil

from tests.parts.desk import sums
from tests.parts.frontiers import NOW, join, seeds, take
from tests.parts.ledgers import DAY, execute


def test_hosts_are_counted_by_what_they_do(file, frontier):
    frontier.add("job", seeds(*"abcdefgh"), NOW)
    owner = join(frontier)
    take(frontier, owner, new=2)
    free = [name for (name,) in execute(file, "SELECT key FROM host WHERE owner IS NULL")]
    execute(file, "UPDATE host SET ready_at = ? WHERE key = ?", NOW + 9, free[0])
    execute(
        file, "UPDATE host SET failures = 7, silent = 1, failing_since = ? WHERE key = ?",
        NOW - DAY, free[1],
    )  # fmt: skip
    execute(file, "UPDATE host SET failures = 1, failing_since = ? WHERE key = ?", NOW, free[2])
    execute(file, "UPDATE host SET asked_until = ? WHERE key = ?", NOW + 9, free[3])
    execute(file, "UPDATE host SET asked_until = ?, rules_until = ? WHERE key = ?", NOW + 9,
            NOW + 99, free[4])  # fmt: skip
    found = sums(file, NOW).hosts.counts
    assert (found.known, found.held, found.ready, found.resting) == (8, 2, 5, 1)
    assert (found.gated, found.failing, found.given_up, found.at_least) == (1, 2, 1, ())


def test_counts_of_hosts_end_where_they_would_take_long(big, monkeypatch):
    file, _ = big
    monkeypatch.setattr("crawler.frontier.sql.desk.hosts.MAX_COUNTED", 500)
    found = sums(file, NOW).hosts.counts
    assert (found.held, found.ready, found.resting) == (0, 500, 500)
    assert found.at_least == ("ready", "resting", "gated")


def test_the_share_that_fails_is_told_where_too_many_do_to_count_them(big, tmp_path, monkeypatch):
    file = tmp_path / "state.sqlite"
    shutil.copy(big[0], file)
    assert sums(file, NOW).hosts.counts.failing_share == 0
    monkeypatch.setattr("crawler.frontier.sql.desk.hosts.MAX_COUNTED", 100)
    execute(file, "UPDATE host SET failing_since = ? WHERE id % 5 = 0", NOW)
    found = sums(file, NOW).hosts.counts
    assert (found.failing, "failing" in found.at_least) == (100, True)
    assert 0.15 < found.failing_share < 0.25
