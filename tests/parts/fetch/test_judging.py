"""Answers that a job does not want, on real sockets: what is read of them, kept and left."""

import gzip
import random
import time

import gevent
import pytest

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.judging import _look_through
from crawler.model import Kept, Kind, Task, Trouble, Validators
from crawler.store import Files
from tests.parts.ticker import GAP_S, Ticker
from tests.servers import RudeSite, Site, endless, sends

LOGIN = b"<form id=login>"
BIG = bytes(range(256)) * 8000


@pytest.fixture
def files(tmp_path):
    with Files(tmp_path, durable=False) as files:
        yield files


@pytest.fixture
def fetch(files):
    with Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher:

        def fetch(url: str, *, kept: Kept | None = None, robots: bool = False, **options):
            job = Job(
                name="j", urls=("http://x/",), allow_addresses=("127.0.0.0/8",),
                timeout=Timeout(connect="500ms", read="2s", total="5s"), **options,
            )  # fmt: skip
            host = url.removeprefix("http://")
            task = Task(1, "j", url, url, host, 1, 1, 1, kept=kept, robots=robots)
            deadline = time.monotonic() + job.timeout.total
            task, had = fetcher.measured(task, job)
            return fetcher.fetch(task, job, part=lambda: "j.part", deadline=deadline, had=had)

        yield fetch


def unwanted(fetch, url: str, **options) -> str:
    """Return why an answer is not wanted."""
    with pytest.raises(Trouble) as caught:
        fetch(url, **options)
    assert caught.value.kind is Kind.UNWANTED
    assert caught.value.status == 200
    return caught.value.reason


def page(body: bytes, *fields: tuple[str, str]):
    return lambda _: ("200 OK", [("Content-Length", str(len(body))), *fields], [body])


HTML = ("Content-Type", "text/html")


def test_a_type_is_judged_before_the_body_is_read(fetch):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 99999999\r\n\r\n"
    sent = []

    def talk(client):
        client.sendall(head)
        try:
            while True:
                sent.append(client.send(bytes(65536)))
                gevent.sleep(0.001)
        except OSError:
            sent.append(None)

    with RudeSite(talk) as site:
        reason = unwanted(fetch, site.url + "/", accept={"types": ["text/html"]})
        with gevent.Timeout(5):
            while not sent or sent[-1] is not None:
                gevent.sleep(0.01)
    assert reason == "type video/mp4 is not accepted"
    assert sum(filter(None, sent)) < 20_000_000, "buffers of the system, and no more"


def test_a_short_answer_that_is_not_wanted_leaves_its_connection_to_the_next(fetch):
    with Site(page(LOGIN, HTML)) as site:
        for accept in ({"types": ["image/*"]}, {"not_containing": ["id=login"]}, {"min_size": 99}):
            unwanted(fetch, site.url + "/", accept=accept)
    assert len({seen.client for seen in site.requests}) == 1


def test_a_long_answer_that_is_not_wanted_costs_its_connection_and_no_other(fetch, tmp_path):
    with Site(page(BIG, HTML)) as site:
        for _ in range(2):
            unwanted(fetch, site.url + "/", accept={"types": ["image/*"]})
        assert fetch(site.url + "/", accept={"types": ["text/*"]}).size == len(BIG)
        (tmp_path / "j.part").unlink()
    assert len({seen.client for seen in site.requests}) == 3


@pytest.mark.parametrize("at", [0, 1_000_000, len(BIG)])
@pytest.mark.parametrize("coded", [False, True])
def test_a_text_is_found_in_what_would_be_stored_and_leaves_no_part(fetch, tmp_path, at, coded):
    body = BIG[:at] + LOGIN + BIG[at:]
    sent = gzip.compress(body, 1) if coded else body
    with Site(page(sent, *([("Content-Encoding", "gzip")] if coded else []))) as site:
        reason = unwanted(fetch, site.url + "/", accept={"not_containing": [LOGIN.decode()]})
    assert reason == 'contains "<form id=login>"'
    assert not list(tmp_path.iterdir())


def test_a_text_that_is_cut_by_a_chunk_is_found(fetch):
    def route(_):
        return "200 OK", [], [b"<form ", b"id=", b"login>", b"the rest"]

    with Site(route) as site:
        unwanted(fetch, site.url + "/", accept={"not_containing": [LOGIN.decode()]})


def test_an_endless_body_ends_where_the_text_is(fetch):
    head = b"HTTP/1.1 200 OK\r\n\r\n" + LOGIN
    with RudeSite(endless(head, bytes(65536))) as site:
        unwanted(fetch, site.url + "/", accept={"not_containing": ["id=login"]})


def test_a_short_body_is_not_wanted_by_its_decoded_length(fetch, tmp_path):
    body = bytes(3_000_000)
    with Site(page(gzip.compress(body), ("Content-Encoding", "gzip"))) as site:
        assert fetch(site.url + "/", accept={"min_size": 3_000_000}).size == 3_000_000
        (tmp_path / "j.part").unlink()
        reason = unwanted(fetch, site.url + "/", accept={"min_size": 3_000_001})
    assert reason == "3,000,000 bytes, 3,000,001 at least are accepted"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("cut", [5, len(LOGIN), 500_000])
def test_a_body_that_goes_on_is_searched_from_its_beginning(fetch, tmp_path, cut):
    body = LOGIN + bytes(1_000_000)
    (tmp_path / "j.part").write_bytes(body[:cut])
    asked = []

    def route(_):
        asked.append(site.requests[-1].headers.get("RANGE"))
        if asked[-1] is None:
            return page(body)(_)
        whole = len(body)
        fields = [
            ("Content-Length", str(whole - cut)), ("ETag", '"1"'),
            ("Content-Range", f"bytes {cut}-{whole - 1}/{whole}"),
        ]  # fmt: skip
        return "206 Partial Content", fields, [body[cut:]]

    kept = Kept("j.part", Validators('"1"'), len(body))
    with Site(route) as site, pytest.raises(Trouble) as caught:
        fetch(site.url + "/", kept=kept, accept={"not_containing": [LOGIN.decode()]})
    assert caught.value.kind is Kind.UNWANTED
    assert asked == ([f"bytes={cut}-"] if cut < len(LOGIN) else [None])
    assert not list(tmp_path.iterdir())


def test_a_robots_txt_is_no_matter_of_what_its_job_accepts(fetch):
    with Site(page(b"User-agent: *", HTML)) as site:
        accept = {"types": ["image/*"], "min_size": 99, "not_containing": ["agent"]}
        assert fetch(site.url + "/robots.txt", robots=True, accept=accept).size == 13


def test_what_is_wanted_comes_as_ever(fetch):
    with RudeSite(sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nhello")) as site:
        accept = {"types": ["text/*"], "min_size": 5, "not_containing": ["login"]}
        assert fetch(site.url + "/", accept=accept).body == b"hello"


CAPTCHA = b"<p>Are you a robot?</p>"
BAN = {"body": ["a robot?"], "header": {"cf-mitigated": "challenge"}}


def test_a_refusal_that_looks_like_a_file_is_none(fetch, tmp_path):
    with Site(page(CAPTCHA + BIG)) as site, pytest.raises(Trouble) as caught:
        fetch(site.url + "/", ban=BAN)
    trouble = caught.value
    assert (trouble.kind, trouble.status, trouble.refused) == (Kind.UNWANTED, 200, True)
    assert trouble.reason == 'refused: contains "a robot?"'
    with Site(page(b"", ("CF-Mitigated", "challenge"))) as site, pytest.raises(Trouble) as caught:
        fetch(site.url + "/", ban=BAN)
    assert (caught.value.reason, caught.value.refused) == ("refused by header cf-mitigated", True)
    assert not list(tmp_path.iterdir())


def test_what_is_not_wanted_is_no_refusal_beside_a_ban(fetch):
    with Site(page(LOGIN)) as site, pytest.raises(Trouble) as caught:
        fetch(site.url + "/", ban=BAN, accept={"not_containing": ["login"]})
    assert (caught.value.reason, caught.value.refused) == ('contains "login"', False)


@pytest.mark.parametrize("coded", [False, True])
@pytest.mark.parametrize(("before", "found"), [(0, True), (60_000, True), (300_000, False)])
def test_an_error_is_a_refusal_by_the_beginning_of_its_body(fetch, coded, before, found):
    body = random.Random(before).randbytes(before) + CAPTCHA
    sent = gzip.compress(body) if coded else body

    def route(_):
        fields = [("Content-Length", str(len(sent))), ("Content-Encoding", "gzip" if coded else "")]
        return "503 Service Unavailable", fields[: 1 + coded], [sent]

    with Site(route) as site:
        fetched = fetch(site.url + "/", ban=BAN)
    assert (fetched.status, fetched.body) == (503, None)
    assert fetched.refused == ('refused: contains "a robot?"' if found else "")


@pytest.mark.parametrize("coding", ["gzip", "rot13"])
def test_an_error_whose_body_cannot_be_read_is_an_error_all_the_same(fetch, coding):
    def route(_):
        fields = [("Content-Length", str(len(CAPTCHA))), ("Content-Encoding", coding)]
        return "503 Service Unavailable", fields, [CAPTCHA]

    with Site(route) as site:
        assert fetch(site.url + "/", ban=BAN).refused == ""


def test_an_endless_error_is_looked_into_no_further_than_its_beginning(fetch):
    head = b"HTTP/1.1 403 No\r\n\r\n"
    with RudeSite(endless(head, bytes(65536))) as site:
        fetched = fetch(site.url + "/", ban=BAN)
    assert (fetched.status, fetched.refused) == (403, "")


def test_an_error_with_a_header_of_a_ban_is_a_refusal(fetch):
    def route(_):
        return "404 Not Found", [("Content-Length", "0"), ("cf-mitigated", "Challenge")], []

    with Site(route) as site:
        assert fetch(site.url + "/", ban=BAN).refused == "refused by header cf-mitigated"


class SlowSearch:
    """Takes as long for every byte as many long texts take in the worst of bodies."""

    def __init__(self):
        self.seen = 0

    def feed(self, piece: bytes) -> None:
        until = time.thread_time() + len(piece) * 1e-7
        while time.thread_time() < until:
            pass
        self.seen += len(piece)


def test_others_run_while_a_long_piece_is_looked_through():
    search, ticker = SlowSearch(), Ticker()
    ticking = gevent.spawn(ticker.run)
    try:
        gevent.sleep(0.01)
        assert _look_through(search, bytes(4_000_000)) is None
        gevent.sleep(0.01)  # the ticker sees how long it was
    finally:
        ticking.kill()
    assert search.seen == 4_000_000
    assert ticker.longest < GAP_S
