"""What the contract promises to those who look at a ledger from outside, or change it."""

import pytest

from crawler.errors import UsageError
from crawler.frontier import (
    START,
    AboutHost,
    AboutUrl,
    BeginArchive,
    Believe,
    FilesNamed,
    Forget,
    Forgettable,
    HostsMet,
    LetGo,
    Listings,
    Retry,
    RobotsOf,
    Still,
    StillForgettable,
    StoredFiles,
    Unneeded,
    Wanted,
    Wishes,
    changed,
)
from crawler.frontier.actions import RetryUrl
from crawler.frontier.wishes import (
    ALL,
    MakeWish,
    Scope,
    Subject,
    TakeBackWish,
    Verb,
    WakeHost,
    Wisher,
)
from crawler.model import DAY_S
from crawler.records import JobTerms
from tests.parts.desk import at, number, rows, stored, times_listed
from tests.parts.frontiers import NOW, join, seeds
from tests.parts.ledgers import KINDS, end, ended, listed

EVERY_ENGINE = True

QUERIES = (
    Wanted(), Wanted(job="job", states=("done", "dead")), Listings(), HostsMet(), StoredFiles(),
    Unneeded("job"), Forgettable(NOW),
)  # fmt: skip


@pytest.fixture(params=["the daemon's frontier", "a ledger that was opened"])
def desk(request, frontier, engine):
    """The same ledger, as a daemon and as a verb of the command line have it."""
    if request.param == "the daemon's frontier":
        yield frontier
    else:
        with engine.ledger(write=True) as opened:
            yield opened


def retired(frontier, *left):
    """A list of four URLs that were visited, of which these stay."""
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, *(f"a/{n}" for n in range(4)))
    owner = join(frontier)
    end(frontier, owner, KINDS)
    frontier.leave(owner, [], NOW)
    frontier.claim([(stored(frontier)[0].task, "a/0", "a/0-1")])
    listed(frontier, *left)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: type(query).__name__)
def test_the_pages_of_a_query_have_everything_once_and_end(frontier, desk, query):
    retired(frontier, "a/1")
    after, found = 0, []
    while after is not None:
        page = desk.page(query, after)
        assert desk.page(query, after) == page, "an answer that was lost is given again"
        assert page.after is None or page.after > after
        found += page.rows
        after = page.after
    assert len(found) == len({repr(row) for row in found})
    assert found


def test_the_sums_are_those_of_the_pages(frontier, desk):
    ended(frontier, "a", "b")
    frontier.add("job", seeds("c", each=3), NOW)
    join(frontier)
    entries, sums = rows(desk, Wanted()), at(desk, NOW).sums(DAY_S)
    assert sums.counts.known == len(entries) == sum(times_listed(desk).values())
    assert sums.counts.waiting == sum(entry.state == 0 for entry in entries) == 3
    assert sums.met == sums.hosts.counts.known == len(rows(desk, HostsMet())) == 3
    assert sums.hosts.next.key == "c:80"
    assert (sums.current, len(sums.members), len(sums.uid)) == (True, 1, 32)
    assert desk.sums().hosts is None, "hosts are counted only where that is asked for"


def test_what_the_ledger_does_not_know_is_said_by_its_name(frontier, desk):
    frontier.add("job", seeds("a"), NOW)
    for wrong in (Wanted(job="no"), Wanted(host="nowhere")):
        for verb in (lambda: desk.page(wrong), lambda: desk.change(Retry(wrong))):  # noqa: B023
            with pytest.raises(UsageError, match="is known"):
                verb()
    assert desk.sums().counts.waiting == 1


@pytest.mark.parametrize(
    ("action", "urls"),
    [(Retry(Wanted()), 3), (Forget(NOW), 3), (BeginArchive(), 3)],
    ids=["retry", "forget", "archive"],
)
def test_every_slice_of_a_change_may_be_asked_for_twice(frontier, desk, action, urls):
    if isinstance(action, Forget):
        retired(frontier, "a/1")
    else:
        ended(frontier, "a")
    found, after = 0, START
    while after is not None:
        done = at(desk, NOW + 9).change(action, after)
        again = at(desk, NOW + 9).change(action, after)
        assert not again.counts.total()
        assert again.after == done.after or again.counts == done.counts
        found += done.counts.total()
        after = done.after
    assert found == urls
    assert changed(at(desk, NOW + 9), action).total() == 0


def test_a_change_that_is_only_counted_changes_nothing(frontier, desk):
    retired(frontier, "a/1")
    before = rows(desk, Wanted())
    assert number(desk, Retry(Wanted(), dry=True), NOW) == 1
    assert number(desk, Forget(NOW, dry=True), NOW) == 3
    assert rows(desk, Wanted()) == before


def test_a_file_is_to_be_forgotten_only_as_long_as_no_list_names_its_url(frontier, desk):
    retired(frontier, "a/1")
    (file,) = rows(desk, Forgettable(NOW))
    assert desk.entry(StillForgettable([file], NOW)) == [file]
    assert desk.entry(StillForgettable([file], NOW - 1)) == []
    listed(frontier, "a/0", "a/1")
    assert desk.entry(StillForgettable([file], NOW)) == []
    assert number(desk, LetGo([file]), NOW) == 0
    assert desk.sums().counts.waiting == 1, "its file is gone, so it is due"


def test_a_question_is_answered_of_what_is_there_now(frontier, desk):
    retired(frontier, "a/0")
    (known,) = desk.entry(AboutUrl("http://a/0"))
    assert (known.entry.url, known.host.key, known.sources) == ("http://a/0", "a:80", ["list"])
    near = desk.entry(AboutUrl("http://a/9", ("http://a/0",)))
    assert ([one.url for one in near.near], near.waiting) == (["http://a/0"], 0)
    (file,) = stored(desk)
    assert desk.entry(StillForgettable([file], NOW)) == []
    assert desk.entry(Still([file, file._replace(digest="cd" * 32)])) == [file]


@pytest.mark.parametrize("no_text", ["\0", "\ud800"], ids=ascii)
def test_a_text_that_no_engine_holds_is_said_and_changes_nothing(frontier, desk, no_text):
    frontier.add("job", seeds("a"), NOW)
    why, subject = Wisher("ana", "desk7", f"so {no_text}"), Subject(Scope.HOST, f"a{no_text}")
    for action in (
        MakeWish(Verb.PAUSE, ALL, why),
        TakeBackWish(Verb.PAUSE, subject),
        WakeHost(f"a{no_text}"),
        RetryUrl(f"http://a/{no_text}"),
        Believe(no_text),
    ):
        with pytest.raises(UsageError, match="is no text"):
            desk.change(action)
    for question in (AboutUrl("http://a/", [no_text]), AboutHost(no_text), RobotsOf(no_text)):
        with pytest.raises(UsageError, match="is no text"):
            desk.entry(question)
    with pytest.raises(UsageError, match="is no text"):
        desk.page(Wanted(kinds=(no_text,)))
    assert desk.entry(FilesNamed([no_text])) == [None], "a file may have any name"
    assert rows(desk, Wishes()) == []
