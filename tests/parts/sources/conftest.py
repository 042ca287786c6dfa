import gevent
import pytest

from crawler import sources
from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.sources.downloads import downloader
from crawler.store import Files
from tests.parts.sources.readings import job, unfetched
from tests.parts.sources.shelf import Shelf, conditional
from tests.parts.ticker import Ticker
from tests.servers import Site


@pytest.fixture
def one(tmp_path):
    """Return the one source of a job that fetches nothing."""

    def one(**options):
        (source,) = sources.of(job(**options), tmp_path / "copies", unfetched)
        return source

    return one


@pytest.fixture
def web(tmp_path):
    """Return the one source of a job whose lists are fetched for real."""
    folder = tmp_path / "copies"
    with (
        Files(folder, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher,
    ):

        def web(**options):
            real = Job(**{
                "name": "j", "delay": 0, "allow_addresses": ("127.0.0.0/8",), "max_size": 10**8,
                "timeout": Timeout(connect="2s", read="2s", total="4s"), **options,
            })  # fmt: skip
            (source,) = sources.of(real, folder, downloader(fetcher, real))
            return source

        yield web


@pytest.fixture
def ticker():
    ticker = Ticker()
    greenlet = gevent.spawn(ticker.run)
    yield ticker
    greenlet.kill()


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def site(shelf):
    with Site(shelf) as site:
        site.route = conditional(site, shelf)
        yield site
