"""The lists of a job as a process reads them, and what it tells of them."""

from pathlib import Path

from crawler import sources
from crawler.config import Job
from crawler.frontier import Weigh
from crawler.records import JobTerms
from crawler.seeder.sync import Sync
from crawler.threads import Native
from tests.parts.frontiers import NOW, Timed, done
from tests.parts.ledgers import sync_tools
from tests.parts.logs import Records


def sync(tools, folder):
    job = Job(name="j", url_file=folder / "list.txt")
    found = sources.of(job, Path("/nowhere"), None)
    Sync(tools, job).run(found)


def test_lists_that_shrank_are_told_once_also_if_another_process_died_before_it_did(tmp_path):
    listed = tmp_path / "list.txt"
    with Timed(tmp_path / "state.sqlite", durable=False) as frontier, Native(1) as native:
        tools = sync_tools(frontier, native, log := Records())
        frontier.configure([JobTerms("j")], NOW)
        listed.write_text("".join(f"http://h/{number}\n" for number in range(100)))
        sync(tools, tmp_path)
        assert done(frontier, tools.owner, Weigh("j", 1, 0.5))[0].held
        listed.write_text("http://h/1\n")
        for _ in range(2):
            sync(tools, tmp_path)
            assert [told["urls"] for told in log.told("list.shrunk")] == [1]
