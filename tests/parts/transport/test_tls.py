"""Which names a certificate covers, where OpenSSL says less than browsers and curl do."""

import ssl
import time

import pytest
import trustme

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from crawler.urls import host_of
from tests.proxies import HttpProxy, SocksProxy
from tests.routes import tls
from tests.servers import Site

COVERED = ["a_b.example.org", "A_B.Example.org", "a-b.example.org", "plain.example.net"]
OTHERS = ["a_b.example.com", "a_b.c.example.org", "x.a_b.example.org", "_.org", "other.example.net"]


@pytest.fixture
def site(tmp_path):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("*.example.org", "plain.example.net").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls()[0].cert_pem.write_to_path(str(tmp_path / "ca.pem"), append=True)
    with Site(lambda path: path.encode(), context=context) as site:
        yield site


@pytest.fixture(params=["SOCKS", "CONNECT", "CONNECT in TLS"])
def proxy(request):
    names = {name.lower(): "127.0.0.1" for name in COVERED + OTHERS}
    context = tls()[1] if request.param == "CONNECT in TLS" else None
    kind = SocksProxy if request.param == "SOCKS" else HttpProxy
    with kind(names=names, context=context) as proxy:
        yield proxy


@pytest.fixture
def fetch(site, proxy, tmp_path):
    url = proxy.url.replace("socks5:", "socks5h:")
    job = Job(
        name="j", urls=("http://x/",), proxy=url, verify=tmp_path / "ca.pem",
        timeout=Timeout(connect="2s", read="2s", total="5s"),
    )  # fmt: skip

    def fetch(name: str) -> bytes | None:
        there = f"https://{name.lower()}:{site.port}/x"
        task = Task(1, "j", there, there, host_of(there), 1, 1, 1)
        deadline = time.monotonic() + 5
        return fetcher.fetch(task, job, part=lambda: "j.part", deadline=deadline).body

    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher,
    ):
        yield fetch


@pytest.mark.parametrize("name", COVERED)
def test_a_wildcard_covers_a_label_with_an_underscore(name, fetch):
    assert fetch(name) == b"/x"


@pytest.mark.parametrize("name", OTHERS)
def test_it_covers_no_other_name_and_the_reason_says_so(name, fetch):
    with pytest.raises(Trouble, match=r"^certificate refused: Hostname mismatch") as caught:
        fetch(name)
    assert caught.value.kind is Kind.TLS
