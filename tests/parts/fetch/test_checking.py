"""Bodies beside what their lists say of them, on real sockets: what is read, kept and left."""

import hashlib
import json
import time

import gevent
import pytest

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kept, Kind, Task, Trouble, Validators
from crawler.store import Files
from tests.servers import RudeSite, Site

BODY = bytes(range(256)) * 8000


@pytest.fixture
def files(tmp_path):
    with Files(tmp_path, durable=False) as files:
        yield files


@pytest.fixture
def fetch(files):
    with Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher:

        def fetch(url: str, said: dict, *, kept=None, stored=None, digest="", **options):
            job = Job(
                name="j", urls=("http://x/",), allow_addresses=("127.0.0.0/8",),
                timeout=Timeout(connect="500ms", read="2s", total="5s"), **options,
            )  # fmt: skip
            host = url.removeprefix("http://")
            task = Task(
                1, "j", url, url, host, 1, 1, 1, path="j", kept=kept, stored=stored,
                digest=digest, checks=json.dumps(said),
            )  # fmt: skip
            deadline = time.monotonic() + job.timeout.total
            task, had = fetcher.measured(task, job)
            found = fetcher.fetch(task, job, part=lambda: "j.part", deadline=deadline, had=had)
            files.discard([found.part] if found.part else [])
            return found

        yield fetch


def of(name: str, body: bytes = BODY) -> str:
    return hashlib.new(name, body).hexdigest()


def page(body: bytes):
    return lambda _: ("200 OK", [("Content-Length", str(len(body))), ("ETag", '"e"')], [body])


EVERY = {name: of(name) for name in ("sha512", "sha256", "sha1", "md5")} | {"size": len(BODY)}


def mismatch(fetch, url: str, said: dict, *, status: int = 200, **options) -> str:
    with pytest.raises(Trouble) as caught:
        fetch(url, said, **options)
    assert (caught.value.kind, caught.value.status) == (Kind.MISMATCH, status)
    return caught.value.reason


def test_a_body_that_is_the_listed_one_by_every_digest_is_taken(fetch):
    with Site(page(BODY)) as site:
        assert fetch(site.url + "/", EVERY).digest == of("sha256")
        assert fetch(site.url + "/", {}).digest == of("sha256")


@pytest.mark.parametrize("name", ["sha512", "sha256", "sha1", "md5"])
def test_a_body_of_another_digest_is_left_with_both_named(fetch, files, tmp_path, name):
    wanted = of(name, b"other")
    with Site(page(BODY)) as site:
        reason = mismatch(fetch, site.url + "/", EVERY | {name: wanted})
    assert reason == f"{name} is {of(name)}, {wanted} listed"
    assert not [*tmp_path.rglob("*.part")]


def test_a_body_of_another_length_is_refused_before_it_is_read(fetch):
    sent = []

    def talk(client):
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        try:
            while True:
                sent.append(client.send(bytes(65536)))
                gevent.sleep(0.001)
        except OSError:
            sent.append(None)

    with RudeSite(talk) as site:
        reason = mismatch(fetch, site.url + "/", {"size": 7})
        assert reason == "99999999 bytes declared, 7 listed"


def test_one_that_declares_no_length_is_read_no_further_than_the_listed_one(fetch, tmp_path):
    def endless(_):
        return "200 OK", [], (bytes(65536) for _ in range(10_000))

    with Site(endless) as site:
        reason = mismatch(fetch, site.url + "/", {"size": 3_000_000})
    assert reason == "more than 3000000 bytes, as they are listed"
    assert not [*tmp_path.rglob("*.part")]
    with Site(lambda _: ("200 OK", [], iter([b"sho", b"rt"]))) as site:
        assert mismatch(fetch, site.url + "/", {"size": 7}) == "5 bytes, 7 listed"


@pytest.mark.parametrize("torn", [False, True])
def test_what_an_earlier_visit_left_counts_for_every_digest(fetch, tmp_path, torn):
    had = BODY[:1_500_000]
    (tmp_path / "j.part").write_bytes(had[:-1] + b"X" if torn else had)
    kept = Kept("j.part", Validators('"e"'), len(BODY))

    def rest(_):
        fields = [
            ("Content-Range", f"bytes {len(had)}-{len(BODY) - 1}/{len(BODY)}"), ("ETag", '"e"'),
            ("Content-Length", str(len(BODY) - len(had))),
        ]  # fmt: skip
        return "206 Partial Content", fields, [BODY[len(had) :]]

    with Site(rest) as site:
        if torn:
            reason = mismatch(fetch, site.url + "/", EVERY, kept=kept, status=206)
            assert reason.startswith("sha512 is ")
            assert not [*tmp_path.rglob("*.part")], "the next visit starts over"
        else:
            assert fetch(site.url + "/", EVERY, kept=kept).size == len(BODY)


def test_a_stored_file_is_asked_for_by_a_condition_only_while_its_list_means_it(fetch, tmp_path):
    (tmp_path / "j").write_bytes(BODY)
    stored = Validators('"e"')
    with Site(page(BODY)) as site:
        for said in (EVERY, {"sha256": of("sha256", b"newer")}, {"size": 1}):
            try:
                fetch(site.url + "/", said, stored=stored, digest=of("sha256"))
            except Trouble as trouble:
                assert trouble.kind is Kind.MISMATCH
        conditions = [one.headers.get("IF_NONE_MATCH") for one in site.requests]
    assert conditions == ['"e"', None, '"e"']
