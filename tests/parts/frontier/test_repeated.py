"""The contract of a frontier: every change, every work and every query may be asked for again."""

from collections import Counter
from typing import get_args

import pytest

from crawler.cookie import Cookie, SetCookies
from crawler.frontier import (
    START,
    Adopt,
    Apply,
    BeginArchive,
    Believe,
    BringBack,
    Chunks,
    CountDown,
    FiledOf,
    Forget,
    Forgettable,
    ForgetUnused,
    HostsMet,
    LeadOn,
    LetGo,
    Listings,
    Refit,
    Rename,
    Rests,
    Retire,
    Retry,
    Revisit,
    Sources,
    StoredFiles,
    Understand,
    Unneeded,
    Waits,
    Wake,
    Wanted,
    Weigh,
    Wishes,
    changed,
)
from crawler.frontier.actions import Action, ForgetCookies, ForgetUrl, LookAtVisits, RetryUrl
from crawler.frontier.queries import Query
from crawler.frontier.wishes import (
    ALL,
    EndWishes,
    GiveOrder,
    MakeWish,
    Order,
    TakeBackWish,
    Verb,
    WakeHost,
    Wisher,
)
from crawler.frontier.work import Reckon, Work
from crawler.model import FIRST_STORE
from crawler.records import JobTerms
from crawler.stored_files import FoundFile
from tests.parts.desk import at, rows, stored
from tests.parts.frontiers import NOW, beat, done, gone, join, seeds
from tests.parts.ledgers import KINDS, end, listed

EVERY_ENGINE = True

ME = Wisher("ana", "desk7", "")
PAUSE = MakeWish(Verb.PAUSE, ALL, ME, 5.0)
LATER = NOW + 9
HELD = Weigh("job", 5, 0.1)
AGAIN = {
    LookAtVisits: {"": 1},
    RetryUrl: {"due": 1},
    Believe: {"": 5},
    MakeWish: {"changed": 1},
    Rename: {"": 1},
    WakeHost: {"hosts": 1},
    GiveOrder: {"": 1},
}
"""What is counted again; of every other action nothing is."""


@pytest.fixture
def scene(frontier):
    """Four URLs that were visited, of which one was stored and one is retired; and a process."""
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, *(f"a/{number}" for number in range(4)))
    owner = join(frontier)
    end(frontier, owner, KINDS)
    listed(frontier, "a/0", "a/1", "a/2")
    done(frontier, owner, Wake())
    return frontier, owner


def unused(frontier, owner):
    """Have a host be there without a URL, that is not the last one."""
    frontier.leave(owner, [], NOW)
    listed(frontier, "z/0")
    changed(frontier, Forget(LATER))


def keep(frontier, owner):
    """Have the job keep a cookie."""
    frontier.configure([JobTerms("job", keep="job")], NOW)
    one = Cookie("a.example", True, "/", "n", "v", False, NOW + 9e5, NOW)
    frontier.settle(owner, [], [], cookies=[SetCookies("job", "a.example", (one,))])


def actions(frontier, owner):
    """Each action, where it has something to do, by its class; and what is to be done before."""
    (file,) = stored(frontier)
    (entry,) = (one for one in rows(frontier, Wanted()) if one.path == file.path)
    newer = FoundFile(entry.id, file.path, file.digest, 9, "cd" * 32, NOW + 5, FIRST_STORE)
    many = [f"b/{number}" for number in range(30)]
    found = [
        (Retry(Wanted()), None), (RetryUrl("http://a/1"), None), (ForgetUrl("http://a/3"), None),
        (Forget(LATER), None),
        (ForgetUnused(0.0), lambda: unused(frontier, owner)),
        (Revisit([file]), None), (Rename(file, "other"), None), (LookAtVisits(), None),
        (LetGo([file]), lambda: (listed(frontier, "a/1"), frontier.configure([], NOW))),
        (PAUSE, None),
        (Believe("job"), lambda: (listed(frontier, *many), done(frontier, owner, HELD))),
        (TakeBackWish(Verb.PAUSE, ALL), lambda: frontier.change(PAUSE)),
        (EndWishes(), lambda: frontier.change(MakeWish(Verb.PAUSE, ALL, ME, 0.0))),
        (WakeHost("a"), None), (GiveOrder(Order.RELOAD, [owner], ME), None),
        (BeginArchive(), lambda: listed(frontier)), (Adopt([newer]), None),
        (ForgetCookies("job"), lambda: keep(frontier, owner)),
    ]  # fmt: skip
    return {type(action): (action, before) for action, before in found}


@pytest.mark.parametrize("kind", get_args(Action), ids=lambda kind: kind.__name__)
def test_a_change_that_was_done_is_found_done(scene, kind):
    frontier, owner = scene
    action, before = actions(frontier, owner)[kind]
    at(frontier, NOW)
    if before:
        before()
    at(frontier, LATER)
    first, after = Counter(), START
    while after is not None:
        one, again = frontier.change(action, after), frontier.change(action, after)
        assert dict(+again.counts) in ({}, AGAIN.get(kind))
        first, after = first + one.counts, again.after
    state = rows(frontier, Wanted()), rows(frontier, Wishes()), rows(frontier, HostsMet())
    assert first, "it had something to do"
    assert +changed(frontier, action) == AGAIN.get(kind, {})
    assert (rows(frontier, Wanted()), rows(frontier, Wishes()), rows(frontier, HostsMet())) == state


def test_an_order_is_given_each_time(scene):
    frontier, owner = scene
    for _ in range(2):
        frontier.change(GiveOrder(Order.STOP, [owner], ME))
    assert list(frontier.hear(owner, 0).orders.values()) == [Order.STOP, Order.STOP]


def names(classes):
    return {one.__name__ for one in classes}


WORKS = (
    Refit({"job": "daily"}), CountDown("job"), Retire("job"), Weigh("job", 3, 0.5), Apply("job"),
    Understand({"job": "mark"}), Wake(), BringBack(), Rests(),
    LeadOn(1, "job"), Reckon(),
)  # fmt: skip


def test_the_works_here_are_all():
    assert names(map(type, WORKS)) == names(Work.__subclasses__())


@pytest.mark.parametrize("work", WORKS, ids=lambda work: type(work).__name__)
def test_a_work_that_was_done_is_found_done(scene, work):
    frontier, owner = scene
    done(frontier, owner, work, LATER)
    state = rows(frontier, Wanted()), rows(frontier, HostsMet())
    done(frontier, owner, work, LATER)
    assert (rows(frontier, Wanted()), rows(frontier, HostsMet())) == state


QUERIES = (
    Wanted(), Listings(), HostsMet(), Waits(NOW), StoredFiles(), Unneeded("job"), Forgettable(NOW),
    Wishes(), Sources("job"), Chunks(1), FiledOf("job"),
)  # fmt: skip


def test_the_queries_here_are_all():
    assert names(map(type, QUERIES)) == names(Query.__subclasses__())


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: type(query).__name__)
def test_a_page_that_was_lost_is_given_again(scene, query):
    frontier, _ = scene
    frontier.change(PAUSE)
    page = frontier.page(query)
    assert frontier.page(query) == page
    assert page.after is None, "so little is one page"


def test_what_a_process_says_of_itself_may_be_said_again(scene):
    frontier, owner = scene
    for _ in range(2):
        frontier.configure([JobTerms("job")], NOW)
        assert not beat(frontier, owner).reclaimed
    number = frontier.hear(owner, 0).number + 5
    for said in (number, number, number - 1):
        frontier.heed(owner, said)
    assert [one.heard for one in frontier.sums().members] == [number], "a lower one is older"
    frontier.add("job", seeds("b"), NOW)
    dead = join(frontier, process=gone())
    assert [len(frontier.leave(dead, [], NOW)) for _ in range(2)] == [0, 0]
