"""New jobs of one short file each: few transactions, and the meaning of a reading of their own."""

import gzip
import os
import time
from pathlib import Path

import pytest
from gevent.monkey import get_original

from crawler import sources
from crawler.config import Job
from crawler.frontier import SaidOf, Sources
from crawler.records import JobTerms
from crawler.seeder import new_files
from crawler.seeder.new_files import NewFiles
from crawler.seeder.new_jobs import JOBS_AT_ONCE, new_of
from crawler.seeder.reading import MAX_LINES_HERE
from crawler.seeder.sync import Sync
from crawler.sources.short_files import MAX_BYTES
from crawler.threads import Native
from tests.parts.desk import is_known, rows, unfinished
from tests.parts.frontiers import NOW, Timed
from tests.parts.ledgers import sync_tools
from tests.parts.logs import Records

FORMATS = {
    "plain.txt": b"http://h/1\n# a note\nhttp://h/2 # two\nhttp://h/2\nno url\n",
    "table.csv": b"id,url\n7,http://h/7\n8,http://h/8\n9,ftp://h/9\n",
    "lines.jsonl": b'{"url": "http://h/1", "id": "a"}\n{"url": "http://h/2", "id": "b"}\n',
    "array.json": b'[{"url": "http://h/1", "id": "a"}, {"url": "http://h/2", "id": "b"}]',
    "bare": b"url;id\r\nhttp://h/1;x\r\nhttp://h/2;y\r\n",
    "bom.txt": b"\xef\xbb\xbfhttp://h/1\r\nhttp://h/2\r\n",
}
LEFT = {
    "gzip.gz": gzip.compress(b"http://h/1\n"),
    "long": b"".join(b"http://h/%d\n" % n for n in range(MAX_LINES_HERE + 1)),
    "big": b"http://h/" + b"x" * MAX_BYTES + b"\n",
    "torn": b"http://h/1\nhttp://h/2",
    "torn.json": b'[{"url": "http://h/1"},',
    "empty": b"",
    "zip": b"PK\x03\x04 http://h/1\n",
    "headless.csv": b"id,name\n1,2\n",
}


@pytest.fixture
def tools(tmp_path):
    with Timed(tmp_path / "state.sqlite", durable=False) as frontier, Native(1) as native:
        yield sync_tools(frontier, native, Records())


def old(path: Path, content: bytes) -> Path:
    """Write a file that nobody has written for an hour."""
    path.write_bytes(content)
    os.utime(path, (0, time.time() - 3600))
    return path


def sources_of(job: Job, *, patient: bool = True):
    return sources.of(job, Path("/nowhere"), None, patient=patient)


def taken(tools, *jobs: Job, patient: bool = True) -> tuple[list[list[str]], list[str]]:
    """Take in files; return the names of their jobs, by transaction, and of those that are left."""
    tools.frontier.configure([JobTerms(job.name) for job in jobs], NOW)
    batches, left = [], []
    new = NewFiles(tools, lambda one: batches.append([job.name for job, *_ in one]), left.extend)
    new.run({job.name: (job, *sources_of(job, patient=patient)) for job in new_of(tools, jobs)})
    return batches, left


def test_a_thousand_new_files_take_eight_transactions_and_known_ones_none(tools, tmp_path):
    jobs = [
        Job(name=f"j{n}", url_file=old(tmp_path / f"{n}.txt", b"http://h/%d\n" % n))
        for n in range(1000)
    ]
    batches, left = taken(tools, *jobs)
    assert [len(batch) for batch in batches] == [*[JOBS_AT_ONCE] * 7, 1000 - 7 * JOBS_AT_ONCE]
    assert not left
    assert tools.frontier.sums().counts.known == 1000
    assert taken(tools, *jobs) == ([], [])


@pytest.mark.parametrize("name", FORMATS)
def test_a_short_file_means_what_it_means_to_a_reading_of_its_own(tools, tmp_path, name):
    file = old(tmp_path / name, FORMATS[name])
    options = {} if name.endswith(".txt") else {"path": "{job}/{id}", "headers": {"x": "{id}"}}
    quick, own = (Job(name=one, url_file=file, **options) for one in ("quick", "own"))
    assert taken(tools, quick, own)[0] == [["quick", "own"]]
    told = [{**fields, "job": ""} for event, fields in tools.log.events if event == "url.bad"]
    with Timed(tmp_path / "other.sqlite", durable=False) as other:
        there = sync_tools(other, tools.native, Records())
        other.configure([JobTerms("quick"), JobTerms("own")], NOW)
        for job in (quick, own):
            sync = Sync(there, job)
            sync.run(sources_of(job))
            assert sync.sums.added == 2
        assert tasks(other) == tasks(tools.frontier)
        assert states(other) == states(tools.frontier)
        assert [{**fields, "job": ""} for _, fields in there.log.events] == told
    again = Sync(tools, own)
    again.run(sources_of(own))
    assert again.sums.kept == again.sums.listed - again.sums.bad
    assert not again.sums.added


def tasks(frontier):
    return [(one.job, one.url, frontier.entry(SaidOf(one.id))) for one in unfinished(frontier)]


def states(frontier):
    return {
        (job, name): (state.version, state.listed, state.bad)
        for job in ("quick", "own")
        for name, state in rows(frontier, Sources(job))
    }


@pytest.mark.parametrize("name", [*LEFT, "missing", "folder"])
def test_what_is_not_short_or_not_whole_is_left_to_a_reading_of_its_own(tools, tmp_path, name):
    if name in LEFT:
        old(tmp_path / name, LEFT[name])
    if name == "folder":
        (tmp_path / name).mkdir()
    good = Job(name="good", url_file=old(tmp_path / "good.txt", b"http://h/1\n"))
    job = Job(name="j", url_file=tmp_path / name)
    assert taken(tools, job, good) == ([["good"]], ["j"])
    assert not is_known(tools.frontier, "j")
    assert not tools.log.events


def test_a_file_that_was_just_written_is_waited_for_and_one_that_is_being_written_is_left(
    tools, tmp_path
):
    (tmp_path / "fresh.txt").write_bytes(b"http://h/1\n")
    jobs = [Job(name=name, url_file=tmp_path / f"{name}.txt") for name in ("fresh", "open")]
    began = time.monotonic()
    with (tmp_path / "open.txt").open("wb") as file:
        file.write(b"http://h/2\n")
        file.flush()
        assert taken(tools, *jobs) == ([["fresh"]], ["open"])
    assert time.monotonic() - began > 1.5
    # nobody waits with a user at the keyboard
    other = Job(name="other", url_file=tmp_path / "fresh.txt")
    began = time.monotonic()
    assert taken(tools, *jobs[1:], other, patient=False) == ([["open", "other"]], [])
    assert time.monotonic() - began < 1.0


def test_a_file_that_hangs_holds_up_the_others_for_a_moment(tools, tmp_path, monkeypatch):
    class Hangs(sources.FileList):
        def opened(self):
            get_original("time", "sleep")(1.0)  # a mount whose server is gone
            return super().opened()

    monkeypatch.setattr(new_files, "READ_S", 0.2)
    jobs = [
        Job(name=f"j{n}", url_file=old(tmp_path / f"{n}.txt", b"http://h/%d\n" % n))
        for n in range(JOBS_AT_ONCE + 1)
    ]
    tools.frontier.configure([JobTerms(job.name) for job in jobs], NOW)
    files = {job.name: (job, *sources_of(job)) for job in jobs}
    (hangs,) = sources_of(jobs[0])
    hangs.__class__ = Hangs
    files["j0"] = jobs[0], hangs
    left: list[str] = []
    began = time.monotonic()
    NewFiles(tools, lambda _: None, left.extend).run(files)
    assert time.monotonic() - began < 0.9
    assert set(left) == set(files)


@pytest.mark.parametrize(
    "options",
    [
        {"urls": ["http://h/"]},
        {"sitemap": "http://h/sitemap.xml"},
        {"command": ["true"]},
        {"renamed_from": "old"},
        {"url_file": "lists/*.txt"},
        {"url_file": "http://h/list.txt"},
    ],
)
def test_a_job_with_other_lists_or_an_older_name_is_left_to_its_passes(tools, options):
    job = Job(name="j", **{"url_file": "list.txt", **options})
    tools.frontier.configure([JobTerms("j")], NOW)
    assert new_of(tools, [job]) == []
