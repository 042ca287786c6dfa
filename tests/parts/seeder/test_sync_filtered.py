"""What a job's filter leaves out of its lists: counted, retired, and back when it is let in."""

import os
from itertools import chain, count
from pathlib import Path

import pytest

from crawler import sources
from crawler.config import Job
from crawler.config.filter_options import FilterOptions
from crawler.errors import PassLostError
from crawler.frontier import Sources, pages
from crawler.records import JobTerms
from crawler.seeder.sync import Sync
from crawler.threads import Native
from tests.parts.frontiers import NOW
from tests.parts.ledgers import sync_tools
from tests.parts.logs import Records

EVERY_ENGINE = True
MANY = 100

_times = count(1)


@pytest.fixture
def log():
    return Records()


@pytest.fixture
def tools(frontier, log):
    frontier.configure([JobTerms("j")], NOW)
    with Native(1) as native:
        yield sync_tools(frontier, native, log)


def listed(folder: Path, numbers) -> Path:
    file = folder / "list.txt"
    file.write_text("".join(f"http://h/{number}\n" for number in numbers))
    at = next(_times)
    os.utime(file, (at, at))
    return file


def job(folder: Path, **options) -> Job:
    said = FilterOptions(**options) if options else None
    return Job(name="j", url_file=folder / "list.txt", filter=said)


def sync(tools, one: Job):
    found = Sync(tools, one)
    found.run(sources.of(one, Path("/nowhere"), None))
    return found.sums


def sums_of(tools):
    (found,) = [one for one in tools.frontier.sums().jobs if one.name == "j"]
    return found


def test_what_is_left_out_is_counted_and_no_task(tools, tmp_path, log):
    listed(tmp_path, range(MANY))
    one = job(tmp_path, exclude=["re:[13579]$"])
    sums = sync(tools, one)
    assert (sums.listed, sums.added, sums.filtered, sums.bad) == (50, 50, 50, 0)
    assert (sums_of(tools).known, sums_of(tools).filtered) == (50, 50)
    (told,) = log.told("list.filtered")
    assert (told["job"], told["urls"], told["filtered"]) == ("j", 50, 50)


def test_a_list_that_did_not_change_is_counted_as_it_was(tools, tmp_path):
    listed(tmp_path, range(MANY))
    one = job(tmp_path, exclude=["re:[13579]$"])
    sync(tools, one)
    assert sync(tools, one).filtered == 50  # by its version
    listed(tmp_path, range(MANY))
    sums = sync(tools, one)  # by its chunks
    assert (sums.listed, sums.kept, sums.added, sums.filtered) == (50, 50, 0, 50)
    listed(tmp_path, range(MANY + 1))
    sums = sync(tools, one)
    assert (sums.listed, sums.added, sums.filtered) == (51, 1, 50)


def test_another_filter_holds_for_known_urls_and_its_end_brings_them_back(tools, tmp_path):
    listed(tmp_path, range(MANY))
    sync(tools, job(tmp_path))
    sums = sync(tools, job(tmp_path, include=["/1*"]))
    assert (sums.listed, sums.removed, sums.filtered, sums.held) == (11, 89, 89, False)
    assert (sums_of(tools).retired, sums_of(tools).filtered) == (89, 89)
    sums = sync(tools, job(tmp_path, include=["/1*", "/2*"]))
    assert (sums.revived, sums.removed, sums.filtered) == (11, 0, 78)
    sums = sync(tools, job(tmp_path))
    assert (sums.revived, sums.filtered) == (78, 0)
    assert (sums_of(tools).retired, sums_of(tools).filtered) == (0, 0)


def test_an_operator_who_leaves_everything_out_is_believed(tools, tmp_path, log):
    listed(tmp_path, range(MANY))
    sync(tools, job(tmp_path))
    sums = sync(tools, job(tmp_path, hosts=["elsewhere.org"]))
    assert (sums.listed, sums.removed, sums.held) == (0, MANY, False)
    assert not log.told("list.shrunk")
    assert sync(tools, job(tmp_path)).revived == MANY


def test_lists_of_which_the_same_filter_lets_nothing_through_any_more_are_held(
    tools, tmp_path, log
):
    listed(tmp_path, range(MANY))
    one = job(tmp_path, include=["http://h/*"])
    sync(tools, one)
    (tmp_path / "list.txt").write_text("".join(f"http://other/{at}\n" for at in range(MANY)))
    sums = sync(tools, one)
    assert (sums.held, sums.removed, sums.filtered) == (True, 0, MANY)
    assert [(told["before"], told["urls"]) for told in log.told("list.shrunk")] == [(MANY, 0)]
    assert sums_of(tools).retired == 0


def test_a_list_that_is_lost_while_the_filter_changes_is_held(tools, tmp_path, log):
    listed(tmp_path, range(MANY))
    sync(tools, job(tmp_path))
    listed(tmp_path, range(3))
    one = job(tmp_path, exclude=["re:[13579]$"])
    for _ in range(2):
        assert sync(tools, one).held
        assert sums_of(tools).retired == 0
    listed(tmp_path, range(MANY))
    sums = sync(tools, one)
    assert (sums.held, sums.removed, sums.filtered) == (False, 50, 50)


def test_a_reading_that_broke_off_leaves_the_operators_word_his(tools, tmp_path, monkeypatch):
    listed(tmp_path, range(MANY))
    sync(tools, job(tmp_path))
    one = job(tmp_path, include=["/1*"])
    with monkeypatch.context() as patch:
        patch.setattr(Sync, "_judge", _breaks)
        with pytest.raises(PassLostError):
            sync(tools, one)
    sums = sync(tools, one)
    assert (sums.held, sums.removed, sums.filtered) == (False, 89, 89)


def _breaks(*_):
    raise PassLostError("as if the process had died here")


def test_a_filter_changes_the_meaning_of_a_list_for_other_machines_too(tools, tmp_path):
    listed(tmp_path, range(MANY))
    one = job(tmp_path, include=["/1*"], lastmod_since="30d")
    sync(tools, one)
    (state,) = [state for _, state in chain.from_iterable(pages(tools.frontier, Sources("j")))]
    assert Sync(tools, one)._reader.understood(state)
    assert not Sync(tools, job(tmp_path))._reader.understood(state)
    assert not Sync(tools, job(tmp_path, include=["/2*"]))._reader.understood(state)


def test_the_sums_agree_whatever_comes_and_goes(frontier, tools, tmp_path):
    for numbers, options in (
        (range(40), {}), (range(40), {"exclude": ["*1"]}), (range(20, 60), {"exclude": ["*1"]}),
        (range(60), {"include": ["*1", "*2"]}), (range(60), {}),
    ):  # fmt: skip
        listed(tmp_path, numbers)
        sync(tools, job(tmp_path, **options))
    assert sums_of(tools).known == 60
    assert sums_of(tools).retired == 0


def test_what_a_filter_left_out_counts_where_another_takes_its_place(tools, tmp_path):
    listed(tmp_path, range(MANY))
    sync(tools, job(tmp_path, include=["/1*"]))  # takes 11, and leaves 89 out
    listed(tmp_path, range(15))
    one = job(tmp_path, include=["/1*", "/2*"])
    assert sync(tools, one).held
    assert sums_of(tools).retired == 0
