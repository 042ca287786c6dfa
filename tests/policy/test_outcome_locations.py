"""Where a redirect leads, whatever its Location says."""

from hypothesis import example, given, seed, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from crawler.model import Fetched, Kind, Task
from crawler.policy.outcome import outcome_of
from crawler.policy.redirects import MAX_REDIRECTS
from crawler.urls import MAX_URL, canonical, host_of
from tests import examples

BASE = "http://h.example:8080/a/b?c"
PIECES = st.sampled_from([
    b"http:", b"https:", b"HTTP:", b"//", b"/", b"\\", b"..", b"/../", b"?", b"#", b"@", b":", b"[",
    b"]", b"[::1]", b"[::ffff:127.0.0.1]", b"127.1", b"0x7f.1", b"h.example", b"h.example.", b"...",
    b"xn--", b"%", b"%zz", b"%00", b"%2e%2e", b"\0", b"\t", b"\r", b"\n", b" ", b"\x7f", b"\xff",
    b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"file:", b"javascript:", b"data:,", b"ftp:",
    b":80", b":99999", b":0", b"user:pw@", b"a" * 64, b"a" * 9000, b"1" * 300, "\u3002".encode(),
])  # fmt: skip
LOCATIONS = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(PIECES, max_size=10).map(b"".join),
    st.lists(PIECES, max_size=6).map(lambda pieces: b"http://" + b"".join(pieces)),
)
STATUSES = st.sampled_from([301, 302, 303, 307, 308])


def redirected(location: bytes, status: int = 302, hops: int = 0):
    task = Task(1, "j", "http://first.example/", BASE, host_of(BASE), 1, 1, 1, hops=hops)
    headers = CaseInsensitiveDict({"Location": location.decode("latin-1")})  # as http.client does
    return outcome_of(task, Fetched(status, headers, 0.0), 0.0)


@seed(1)
@settings(max_examples=examples(400), deadline=None)
@given(LOCATIONS, STATUSES)
@example(b"", 302)
@example(b"http://[::1", 302)
@example(b"//", 302)
@example(b"http://....", 302)
@example(b"http://" + b"a" * 64 + b".example/", 302)
@example(b"\xff\xfe", 302)
def test_a_redirect_leads_to_a_canonical_url_or_is_refused(location, status):
    outcome = redirected(location, status)
    assert outcome.status == status
    assert outcome.reason
    if outcome.kind is Kind.BLOCKED:
        assert outcome.location is None
        return
    assert outcome.kind is Kind.REDIRECTED
    there = outcome.location
    assert there.startswith(("http://", "https://"))
    assert canonical(there) == there
    assert there.isascii()
    assert there.isprintable()
    assert len(there) <= MAX_URL
    assert "#" not in there
    name, _, port = host_of(there).rpartition(":")
    assert name
    assert port.isdigit()


@seed(2)
@settings(max_examples=examples(60), deadline=None)
@given(LOCATIONS, STATUSES, st.integers(min_value=MAX_REDIRECTS, max_value=99))
def test_one_hop_too_many_is_the_end_wherever_it_leads(location, status, hops):
    outcome = redirected(location, status, hops)
    assert outcome.kind is Kind.REDIRECT_LIMIT
    assert outcome.location is None


@seed(3)
@settings(max_examples=examples(60), deadline=None)
@given(LOCATIONS, st.integers(min_value=200, max_value=599))
def test_a_location_means_nothing_without_a_redirect(location, status):
    if status not in {301, 302, 303, 307, 308}:
        assert redirected(location, status).kind is not Kind.REDIRECTED
