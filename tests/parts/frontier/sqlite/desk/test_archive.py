"""The archive of `crawler fetch`: what is stored is skipped, the rest is asked for anew."""

from crawler.frontier.sqlite.desk.archive import begin_archive, stored_by
from crawler.frontier.sqlite.file.statefile import opened
from crawler.model import Kind
from crawler.records import JobTerms
from tests.parts.frontiers import NOW, join, take
from tests.parts.ledgers import KINDS, assert_sums, end, listed


def test_an_archive_skips_what_is_stored_and_retires_what_is_not_asked_for(file, frontier):
    frontier.configure([JobTerms("fetch")], NOW)
    listed(frontier, *(f"a/{n}" for n in range(5)), "b/0", job="fetch")
    owner = join(frontier)
    end(frontier, owner, {"a/0": Kind.STORED, "a/4": Kind.STORED, "b/0": Kind.STORED} | KINDS)
    listed(frontier, "a/0", "c/0", job="fetch")
    frontier.leave(owner, [], NOW)
    with opened(file, write=True) as db:
        begin_archive(db, NOW + 9)
    assert_sums(file)
    assert sum(frontier.listed().values()) == 0
    assert take(frontier, join(frontier), NOW + 9) == {}
    listed(frontier, "a/0", "a/0", "a/1", "a/4", job="fetch", now=NOW + 9)
    assert_sums(file)
    with opened(file) as db:
        earlier = [(one.url, one.listed) for page in stored_by(db, NOW + 9) for one in page]
    assert earlier == [("http://a/0", 2), ("http://a/4", 1)]
    assert frontier.listed()["stored"] == 3
    (host,) = take(frontier, join(frontier), NOW + 9).values()
    assert [task.url for task in host.tasks] == ["http://a/1"]
