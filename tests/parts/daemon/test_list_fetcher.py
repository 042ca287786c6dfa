import pytest

from crawler.config import CrawlerOptions, Job, Settings
from crawler.daemon.configuration import Configuration
from crawler.daemon.list_fetcher import ListFetcher
from tests.servers import Site

DELAY_S = 0.2


@pytest.fixture
def site():
    with Site(str.encode) as one:
        yield one


@pytest.fixture
def configuration(tmp_path, site):
    listed = {"url_file": f"{site.url}/list", "allow_addresses": ("127.0.0.0/8",)}
    return Configuration(
        Settings(
            crawler=CrawlerOptions(state=tmp_path / "state.sqlite"),
            jobs=(Job(name="j", delay="200ms", **listed),),
        )
    )


def test_the_delay_of_a_job_lies_between_its_lists_of_one_host(site, configuration):
    (job,) = configuration.listed_jobs()
    with ListFetcher(configuration, trust_listed=False) as lists:
        for name in ("one", "two"):  # as two readings of the job's lists
            lists.folder.mkdir(exist_ok=True)
            download = lists.of(job)(f"{site.url}/{name}", None, lists.folder)
            assert download.file.read_text() == f"/{name}"
            download.file.unlink()
    first, second = site.requests
    assert second.at - first.at >= DELAY_S


def test_nothing_is_made_on_disk_before_a_list_is_fetched(configuration):
    (job,) = configuration.listed_jobs()
    with ListFetcher(configuration, trust_listed=False) as lists:
        lists.of(job)
        assert not lists.folder.exists()
