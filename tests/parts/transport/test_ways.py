"""How a job's connections are made: on loopback, which has as many addresses as one likes."""

import time

import pytest

from crawler.config import Job, Settings
from crawler.daemon.configuration import Configuration
from crawler.errors import UsageError
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from crawler.transport.resolver import Resolver
from crawler.transport.ways import Ways
from crawler.urls import canonical, host_of
from tests.servers import RudeSite

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


@pytest.fixture
def site():
    """A server that answers with the address of who asks."""

    def talk(sock):
        peer = sock.getpeername()[0].encode()
        sock.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(peer) + peer)

    with RudeSite(talk) as one:
        yield one


@pytest.fixture
def fetcher(tmp_path):
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as one,
    ):
        yield one


def job(**options):
    return Job(name="j", urls=("http://x/",), allow_addresses=("127.0.0.0/8", "::1"), **options)


def task(url):
    place = canonical(url)
    return Task(1, "j", place, place, host_of(place), 1, 1, 1)


def body(fetcher, site, job, name="127.0.0.1"):
    fetcher.open(job)
    asked = task(site.url.replace("127.0.0.1", name))
    deadline = time.monotonic() + 5
    return fetcher.fetch(asked, job, part=lambda: "j.part", deadline=deadline).body


def test_a_connection_comes_from_the_address_that_is_named(fetcher, site):
    assert body(fetcher, site, job(source_address="127.0.0.9")) == b"127.0.0.9"
    assert body(fetcher, site, job()) == b"127.0.0.1"


def test_an_address_that_is_none_of_this_machine_is_refused_before_any_visit(fetcher):
    with pytest.raises(UsageError, match=r"j: source_address 203\.0\.113\.9: .*; name one of this"):
        fetcher.open(job(source_address="203.0.113.9"))


def test_a_host_is_where_the_job_says_and_no_resolver_is_asked(fetcher, site):
    named = job(resolve={"flags.example": "127.0.0.1"})
    assert body(fetcher, site, named, "flags.example") == b"127.0.0.1"


def test_what_a_host_is_owed_is_owed_by_one_address_whichever_job_asks(fetcher):
    other = Job(name="other", urls=("http://x/",), resolve={"flags.example": "127.0.0.7"})
    settings = Settings(jobs=(job(), other))
    configuration = Configuration(settings)
    asked = task("http://flags.example/")
    assert fetcher.address(asked, job(), configuration.resolve) == "127.0.0.7"
    without = settings.model_copy(update={"jobs": (job(),)})
    configuration.take_up(configuration.coming(without, without))
    assert configuration.resolve == {}, "a reload that takes it out is in force at once"


def test_the_guard_holds_for_an_address_that_the_job_says(fetcher, site):
    named = job(resolve={"flags.example": "10.0.0.1"})
    with pytest.raises(Trouble) as caught:
        body(fetcher, site, named, "flags.example")
    assert caught.value.kind is Kind.BLOCKED


@pytest.mark.parametrize(
    ("ways", "found"),
    [
        (Ways(), {"127.0.0.1", "::1"}),
        (Ways(family=4), {"127.0.0.1"}),
        (Ways(family=6), {"::1"}),
        (Ways(known={"both": "127.0.0.8"}, family=4), {"127.0.0.8"}),
    ],
)
def test_only_addresses_of_the_family_are_found(ways, found):
    with Resolver(1) as resolver:
        resolver.lookup = lambda *_: ((2, "127.0.0.1"), (10, "::1"))
        assert {text for _, text in ways.addresses(resolver, "both", 1.0)} == found


def test_a_name_without_an_address_of_the_family_says_so():
    with Resolver(1) as resolver, pytest.raises(Trouble) as caught:
        Ways(family=6).addresses(resolver, "127.0.0.1", 1.0)
    assert (caught.value.kind, caught.value.reason) == (
        Kind.DNS, "127.0.0.1 has no IPv6 address"
    )  # fmt: skip
