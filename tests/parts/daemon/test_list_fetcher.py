import pytest

from crawler.config import CrawlerOptions, Job, Settings
from crawler.daemon.configuration import Configuration
from crawler.daemon.list_fetcher import ListFetcher
from crawler.model import Trouble
from tests.servers import Site, status

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


def test_a_list_is_asked_for_with_the_cookies_of_its_job(tmp_path, site):
    (tmp_path / "cookies.txt").write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\tABC\n"
    )
    job = Job(
        name="j", url_file=f"{site.url}/list", cookies=tmp_path / "cookies.txt",
        allow_addresses=("127.0.0.0/8",),
    )  # fmt: skip
    crawler = CrawlerOptions(state=tmp_path / "state.sqlite")
    with ListFetcher(
        Configuration(Settings(crawler=crawler, jobs=(job,))), trust_listed=False
    ) as lists:
        lists.folder.mkdir()
        lists.of(job)(f"{site.url}/list", None, lists.folder).file.unlink()
    assert site.requests[0].headers["COOKIE"] == "sid=ABC"


def test_a_list_that_leads_to_another_host_is_not_trusted_there(tmp_path, site):
    """Where the operator typed a list's URL, its host may be anywhere, and no other."""
    with Site(str.encode, ["127.0.0.2"]) as inner:
        moved = status("302 Found", ("Location", f"{inner.url}/list"))
        with Site(lambda _: moved) as listed:
            job = Job(name="j", url_file=f"{listed.url}/list")
            crawler = CrawlerOptions(state=tmp_path / "state.sqlite")
            configuration = Configuration(Settings(crawler=crawler, jobs=(job,)))
            with ListFetcher(configuration, trust_listed=True) as lists:
                lists.folder.mkdir()
                with pytest.raises(Trouble, match="not a public address"):
                    lists.of(job)(f"{listed.url}/list", None, lists.folder)
        assert (len(listed.requests), inner.requests) == (1, [])
