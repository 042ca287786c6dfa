"""Jobs that are new and short: few transactions, and nothing that a pass would have to judge."""

import pytest

from crawler.config import Job
from crawler.records import JobTerms
from crawler.seeder.new_jobs import JOBS_AT_ONCE, new_of, take_in_new
from crawler.seeder.reading import MAX_LINES_HERE
from crawler.threads import Native
from tests.parts.desk import is_known
from tests.parts.frontiers import NOW, Timed
from tests.parts.ledgers import sync_tools
from tests.parts.logs import Silence


@pytest.fixture
def tools(tmp_path):
    with Timed(tmp_path / "state.sqlite", durable=False) as frontier, Native(1) as native:
        yield sync_tools(frontier, native, Silence())


def taken(tools, *jobs):
    """Take in the new ones, and return their names, batch by batch."""
    tools.frontier.configure([JobTerms(job.name) for job in jobs], NOW)
    return [[job.name for job, _, _ in batch] for batch in take_in_new(tools, new_of(tools, jobs))]


def test_a_thousand_new_jobs_take_eight_transactions_and_known_ones_none(tools):
    jobs = [Job(name=f"j{n}", urls=[f"http://h/{n}"]) for n in range(1000)]
    batches = taken(tools, *jobs)
    assert [len(batch) for batch in batches] == [*[JOBS_AT_ONCE] * 7, 1000 - 7 * JOBS_AT_ONCE]
    assert tools.frontier.sums().counts.known == 1000
    assert taken(tools, *jobs, Job(name="new", urls=["http://h/new"])) == [["new"]]


@pytest.mark.parametrize(
    "options",
    [
        {"urls": [f"http://h/[n=0-{MAX_LINES_HERE}]"]},
        {"urls": [f"http://h/{n}" for n in range(MAX_LINES_HERE + 1)]},
        {"urls": ["http://h/"], "url_file": "list.txt"},
        {"urls": ["http://h/"], "sitemap": "http://h/sitemap.xml"},
        {"urls": ["http://h/"], "sitemaps": "robots"},
        {"urls": ["http://h/"], "command": ["true"]},
        {"urls": ["http://h/"], "renamed_from": "old"},
    ],
)
def test_a_job_that_is_long_or_has_a_list_or_an_older_name_is_left_to_its_passes(tools, options):
    assert taken(tools, Job(name="j", **options)) == []
    assert not is_known(tools.frontier, "j")
