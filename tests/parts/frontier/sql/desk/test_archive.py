"""The archive of `crawler fetch`: what is stored is skipped, the rest is asked for anew."""

from crawler.frontier import START, BeginArchive, ReadChunk, Wanted, open_ledger
from crawler.frontier.sql.desk import archive
from crawler.model import Kind
from crawler.records import JobTerms
from tests.parts.desk import at, change, rows, times_listed
from tests.parts.frontiers import NOW, join, seeds, take
from tests.parts.ledgers import KINDS, assert_sums, end, execute, listed, read_to_end


def test_an_archive_skips_what_is_stored_and_retires_what_is_not_asked_for(file, frontier):
    frontier.configure([JobTerms("fetch")], NOW)
    listed(frontier, *(f"a/{n}" for n in range(5)), "b/0", job="fetch")
    owner = join(frontier)
    end(frontier, owner, {"a/0": Kind.STORED, "a/4": Kind.STORED, "b/0": Kind.STORED} | KINDS)
    listed(frontier, "a/0", "c/0", job="fetch")
    frontier.leave(owner, [], NOW)
    change(file, BeginArchive(), NOW + 9)
    assert_sums(file)
    assert sum(times_listed(frontier).values()) == 0
    assert take(frontier, join(frontier), NOW + 9) == {}
    listed(frontier, "a/0", "a/0", "a/1", "a/4", job="fetch", now=NOW + 9)
    assert_sums(file)
    earlier = [
        (one.url, one.listed)
        for one in rows(frontier, Wanted(states=("done",)))
        if one.listed and one.finished_at < NOW + 9
    ]
    assert earlier == [("http://a/0", 2), ("http://a/4", 1)]
    assert times_listed(frontier)["stored"] == 3
    (host,) = take(frontier, join(frontier), NOW + 9).values()
    assert [task.url for task in host.tasks] == ["http://a/1"]


def test_the_lists_of_an_archive_go_in_slices(file, frontier, monkeypatch):
    monkeypatch.setattr(archive, "ROWS_AT_ONCE", 2)
    frontier.configure([JobTerms("fetch")], NOW)
    read_to_end(frontier, [ReadChunk(n, n, seeds(f"h{n}", job="fetch")) for n in range(5)], "fetch")
    left, after = [], START
    with open_ledger(file, write=True) as desk:
        while after is not None:
            after = at(desk, NOW).change(BeginArchive(), after).after
            left += execute(file, "SELECT count(*) FROM chunk")[0]
    assert left[:3] == [3, 1, 0]
    assert execute(file, "SELECT count(*) FROM source") == [(0,)]
    assert sum(times_listed(frontier).values()) == 0
