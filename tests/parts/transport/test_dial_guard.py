"""Which addresses are dialled: the rule as a table, and the fetcher that asks it at every hop."""

import time
from dataclasses import replace

import pytest

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.policy.addresses import may_dial, network
from crawler.store import Files
from crawler.urls import canonical, host_of
from tests.servers import Site, slow, status

GLOBAL = [
    "8.8.8.8", "1.1.1.1", "93.184.215.14", "223.255.255.1", "172.32.0.1", "172.15.255.255",
    "192.169.0.1", "11.0.0.1", "100.63.255.255", "100.128.0.0", "169.253.0.1",
    "2606:4700:4700::1111", "2a00:1450:4001:82b::200e", "2606:4700::1%eth0",
    "64:ff9b::8.8.8.8", "2000::1", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1",
    "2003::1", "2620:4f:8001::1", "3ffe::1", "3fff:1000::1", "192.0.1.1", "192.88.98.1",
]  # fmt: skip
INNER = {
    "this host": "0.0.0.0",  # noqa: S104  nobody binds to it here
    "this network": "0.1.2.3", "loopback": "127.0.0.1", "broadcast": "255.255.255.255",
    "far loopback": "127.255.255.254", "private ten": "10.0.0.1", "private 172": "172.16.0.1",
    "end of private 172": "172.31.255.255", "private 192": "192.168.1.1",
    "link-local": "169.254.169.254", "CGNAT": "100.64.0.1", "end of CGNAT": "100.127.255.255",
    "protocol assignments": "192.0.0.8", "anycast 6to4": "192.88.99.1",
    "documentation": "192.0.2.1",
    "documentation 2": "198.51.100.1", "documentation 3": "203.0.113.1",
    "benchmark": "198.18.0.1", "end of benchmark": "198.19.255.255", "multicast": "224.0.0.1",
    "end of multicast": "239.255.255.255", "reserved": "240.0.0.1",
}  # fmt: skip
IPV6 = {
    "unspecified": "::", "loopback": "::1", "link-local": "fe80::1", "with a scope": "fe80::1%eth0",
    "site-local": "fec0::1", "unique local": "fd00::1", "other unique local": "fc00::1",
    "multicast": "ff02::1", "global multicast": "ff0e::1", "discard": "100::1",
    "documentation": "2001:db8::1", "new documentation": "3fff::1", "benchmark": "2001:2::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo to 127.0.0.1": "2001::80ff:fffe",
    "AMT": "2001:3::1", "AS112": "2620:4f:8000::1", "AS112 too": "2001:4:112::1",
    "mapped, public": "::ffff:8.8.8.8", "6to4, public": "2002:808:808::1",
    "compatible, public": "::8.8.8.8", "local NAT64, public": "64:ff9b:1::8.8.8.8",
    "translated": "::ffff:0:8.8.8.8", "before NAT64": "64:ff9a:ffff::1",
    "beyond NAT64": "64:ff9b:0:0:0:1::1", "below unicast": "1fff::1",
    "beyond unicast": "4000::1", "unassigned": "8000::1", "dummy": "100:0:0:1::1",
    "ORCHID": "2001:20::1", "segment routing": "5f00::1", "local NAT64": "64:ff9b:1::10.0.0.1",
}  # fmt: skip
FORMS = {"plain": "{}", "mapped": "::ffff:{}", "compatible": "::{}", "NAT64": "64:ff9b::{}"}
"""Spellings of an IPv4 address."""


def six_to_four(text: str) -> str:
    a, b, c, d = (int(part) for part in text.split("."))
    return f"2002:{a << 8 | b:x}:{c << 8 | d:x}::1"


REFUSED = {
    **{f"{name}, {form}": text.format(address)
       for form, text in FORMS.items() for name, address in INNER.items()},
    **{f"{name}, 6to4": six_to_four(address) for name, address in INNER.items()},
    **{f"IPv6 {name}": address for name, address in IPV6.items()},
}  # fmt: skip
ALLOWED = [
    ("127.0.0.1", ["127.0.0.0/8"], True),
    ("127.0.0.1", ["127.0.0.2"], False),
    ("127.0.0.1", ["::1"], False),
    ("127.0.0.1", ["10.0.0.0/8", "127.0.0.1"], True),
    ("::ffff:127.0.0.1", ["127.0.0.0/8"], True),
    ("::ffff:127.0.0.1", ["::ffff:0:0/96"], True),
    ("64:ff9b::10.0.0.1", ["10.0.0.0/8"], True),
    ("64:ff9b::10.0.0.1", ["127.0.0.0/8"], False),
    ("2002:a00:1::1", ["10.0.0.0/8"], True),
    ("::1", ["::1"], True),
    ("::1", ["127.0.0.0/8"], False),
    ("fe80::1%eth0", ["fe80::/10"], True),
    ("fd00::1", ["fd00::/8"], True),
    ("224.0.0.1", ["10.0.0.0/8"], False),
    ("8.8.8.8", ["10.0.0.0/8"], True),
    ("10.0.0.1", ["10.0.0.99/8"], True),
    ("11.0.0.1", ["10.0.0.0/8"], True),
]


@pytest.mark.parametrize("address", GLOBAL)
def test_a_global_address_may_be_dialled(address):
    assert may_dial(address, [])


@pytest.mark.parametrize("name", REFUSED)
def test_an_address_that_is_not_global_may_not_be_dialled(name):
    assert not may_dial(REFUSED[name], [])


@pytest.mark.parametrize(("address", "networks", "may"), ALLOWED)
def test_the_operator_can_allow_what_is_not_global(address, networks, may):
    assert may_dial(address, [network(text) for text in networks]) is may


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "10.0.0.0/8/8", "localhost", "10.1", "::g"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(ValueError, match="an address or a network is needed"):
        network(text)


@pytest.fixture
def fetch(tmp_path):
    """Fetch a URL, or its location; `trusting` as `crawler fetch` does."""
    job = Job(
        name="j", urls=("http://x/",),
        timeout=Timeout(connect="500ms", read="500ms", total="1s"),
    )  # fmt: skip

    def fetch(url: str, location: str | None = None, *, allow=(), trusting=False):
        place = canonical(location or url)
        task = Task(1, "j", canonical(url), place, host_of(place), 1, 1, 1)
        trusted = job.model_copy(update={"allow_addresses": allow})
        with Fetcher(
            user_agent=lambda _: "test/1", files=files, concurrency=4, trust_listed=trusting
        ) as fetcher:
            deadline = time.monotonic() + 1
            return fetcher.fetch(task, trusted, part=lambda: "j.part", deadline=deadline)

    with Files(tmp_path, durable=False) as files:
        yield fetch


LOOPBACK = ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]", "localhost"]


@pytest.fixture
def site():
    with Site(slow(0)) as site:
        yield site


@pytest.mark.parametrize("name", LOOPBACK)
def test_a_loopback_address_is_blocked_however_it_is_spelt(name, fetch, site):
    with pytest.raises(Trouble) as caught:
        fetch(f"http://{name}:{site.port}/")
    assert caught.value.kind is Kind.BLOCKED
    assert "allow_addresses" in caught.value.reason
    assert not site.requests


@pytest.mark.parametrize("name", [*LOOPBACK[:4], "[::ffff:127.0.0.1]"])
def test_a_loopback_address_is_fetched_where_it_is_allowed(name, fetch, site):
    assert fetch(f"http://{name}:{site.port}/a", allow=("127.0.0.0/8",)).body == b"/a"


def test_a_name_is_judged_by_its_addresses(fetch, site):
    both = fetch(f"http://localhost:{site.port}/a", allow=("127.0.0.1", "::1"))
    only = fetch(f"http://localhost:{site.port}/b", allow=("127.0.0.1",))
    assert (both.body, only.body) == (b"/a", b"/b")
    with pytest.raises(Trouble) as caught:
        fetch(f"http://localhost:{site.port}/", allow=("10.0.0.0/8",))
    assert caught.value.kind is Kind.BLOCKED


def test_a_listed_host_may_be_anywhere_for_a_person_at_the_keyboard(fetch, site):
    assert fetch(f"{site.url}/a", trusting=True).body == b"/a"
    assert fetch(f"{site.url}/a", f"{site.url}/b", trusting=True).body == b"/b"


@pytest.mark.parametrize("name", ["127.0.0.2", "localhost", "[::ffff:127.0.0.1]", "127.0.0.1"])
def test_a_redirect_elsewhere_is_not_trusted_with_its_list(name, fetch, site):
    with Site(slow(0)) as other, pytest.raises(Trouble) as caught:
        fetch(f"{site.url}/", f"http://{name}:{other.port}/", trusting=True)
    assert caught.value.kind is Kind.BLOCKED
    assert not other.requests


def test_the_guard_holds_where_a_kept_connection_is_at_hand(tmp_path, site):
    def route(_: str):
        return status("200 OK")

    with (
        Site(route) as other,
        Files(tmp_path, durable=False) as files,
        Fetcher(
            user_agent=lambda _: "t/1", files=files, concurrency=4, trust_listed=True
        ) as fetcher,
    ):
        job = Job(name="j", urls=("http://x/",), timeout=Timeout(total="1s"))
        listed = f"{other.url}/"
        task = Task(1, "j", listed, listed, host_of(listed), 1, 1, 1)
        fetcher.fetch(task, job, part=lambda: "j.part", deadline=time.monotonic() + 1)
        led = replace(task, url=f"{site.url}/")
        with pytest.raises(Trouble) as caught:
            fetcher.fetch(led, job, part=lambda: "j.part", deadline=time.monotonic() + 1)
    assert caught.value.kind is Kind.BLOCKED
    assert len(other.requests) == 1
