"""Which names a certificate covers, where OpenSSL says less than browsers and curl do."""

import ssl
import time

import pytest
import trustme

from crawler.config import Job, Timeout, TlsOptions
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.policy.key_pins import pin_of
from crawler.store import Files
from crawler.transport.tls import tls_context
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


# What `tls` of a job says.


@pytest.fixture
def authority():
    return trustme.CA(key_type=trustme.KeyType.RSA)


@pytest.fixture
def get(tmp_path, authority):
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher,
    ):

        def get(site: Site, **options):
            url = f"https://127.0.0.1:{site.port}/x"
            options = {"verify": tmp_path / "authority.pem", **options}
            job = Job(
                name="j", urls=(url,), allow_addresses=("127.0.0.0/8",),
                timeout=Timeout(connect="2s", read="2s", total="5s"), **options,
            )  # fmt: skip
            task = Task(1, "j", url, url, host_of(url), 1, 1, 1)
            deadline = time.monotonic() + 5
            return fetcher.fetch(task, job, part=lambda: "j.part", deadline=deadline).body

        yield get


def served(issued: trustme.LeafCert, chain: int = 99, ciphers: str = "") -> Site:
    """Return a site with a certificate, and so many of its chain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pems = b"".join(pem.bytes() for pem in issued.cert_chain_pems[:chain])
    with trustme.Blob(pems + issued.private_key_pem.bytes()).tempfile() as file:
        context.load_cert_chain(file)
    if ciphers:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return Site(lambda _: b"well", context=context)


def refusal(get, site: Site, **options) -> str:
    with pytest.raises(Trouble) as caught:
        get(site, **options)
    assert caught.value.kind is Kind.TLS
    return caught.value.reason


def test_intermediates_complete_a_chain_and_are_trusted_by_nobody_else(get, authority, tmp_path):
    between = authority.create_child_ca()
    stranger = trustme.CA().create_child_ca()
    for name, one in (("between", between), ("stranger", stranger)):
        one.cert_pem.write_to_path(str(tmp_path / f"{name}.pem"))
    with served(between.issue_cert("127.0.0.1"), chain=1) as site:
        assert "unable to get local issuer" in refusal(get, site)
        assert get(site, tls={"intermediates": tmp_path / "between.pem"}) == b"well"
    with served(stranger.issue_cert("127.0.0.1"), chain=1) as site:
        assert "issuer" in refusal(get, site, tls={"intermediates": tmp_path / "stranger.pem"})


@pytest.mark.parametrize("verify", [True, False])
def test_a_pinned_host_needs_its_key_whatever_else_is_checked(get, authority, verify):
    issued, options = authority.issue_cert("127.0.0.1"), {} if verify else {"verify": False}
    der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    other = f"sha256/{'A' * 43}="
    with served(issued) as site:
        assert get(site, tls={"pin": {"127.0.0.1": [other, pin_of(der)]}}, **options) == b"well"
        assert get(site, tls={"pin": {"example.org": [other]}}, **options) == b"well"
        why = refusal(get, site, tls={"pin": {"127.0.0.1": [other]}}, **options)
        assert f"its key is {pin_of(der)}, and none that `tls.pin` names" in why


def test_old_ciphers_are_spoken_where_a_job_says_so(get, authority):
    issued = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.RSA)
    with served(issued, ciphers="AES256-SHA256") as site:
        assert "TLS failed" in refusal(get, site)
        assert get(site, tls={"ciphers": "DEFAULT:AES256-SHA256"}) == b"well"


def test_servers_without_safe_renegotiation_are_spoken_with_where_a_job_says_so():
    options = TlsOptions(legacy_renegotiation=True)
    assert tls_context(verify=True, options=options).options & 0x4
    assert not tls_context(verify=True).options & 0x4


def test_ciphers_that_nobody_knows_are_told_at_once():
    with pytest.raises(ValueError, match="OpenSSL knows no cipher of it"):
        TlsOptions(ciphers="NONSENSE")
