"""What a rude server sends through a proxy is judged as it is without one, by another reader."""

import time

import pytest

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from tests.parts.rude_cases import PROTOCOL, STORED, TRUNCATED
from tests.parts.rude_talks import SOUND, WHOLE
from tests.servers import RudeSite, sends

HOME = "http://home.example/flag"
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"


@pytest.fixture
def fetch(tmp_path):
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher,
    ):

        def fetch(proxy: str):
            job = Job(
                name="j", urls=(HOME,), proxy=proxy, verify=False, max_size=5_000_000,
                timeout=Timeout(connect="500ms", read="500ms", total="1s"),
            )  # fmt: skip
            task = Task(1, "j", HOME, HOME, "home.example:80", 1, 1, 1)
            return fetcher.fetch(task, job, part=lambda: "p", deadline=time.monotonic() + 1)

        yield fetch


def refused() -> dict:
    wrong = {name: (talk, Kind.PROTOCOL) for name, talk in PROTOCOL.items() if "redir" not in name}
    return wrong | {name: (talk, Kind.TRUNCATED) for name, talk in TRUNCATED.items()}


REFUSED = refused()
SERVED = {name: row for name, row in STORED.items() if "redirects" not in name}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_answer_is_none_through_a_proxy(name, fetch):
    talk, kind = REFUSED[name]
    with RudeSite(talk) as proxy, pytest.raises(Trouble) as caught:
        fetch(proxy.url)
    assert caught.value.kind is kind, caught.value.reason
    assert "object at 0x" not in caught.value.reason


@pytest.mark.parametrize("name", SERVED)
def test_what_is_an_answer_is_one_through_a_proxy(name, fetch):
    talk, body = SERVED[name]
    with RudeSite(talk) as proxy:
        assert fetch(proxy.url).body == body


def test_bytes_nobody_asked_for_reach_nobody_through_a_proxy(fetch):
    with RudeSite(sends(SOUND + EVIL)) as proxy:
        for number in range(1, 4):
            assert fetch(proxy.url).body == WHOLE
            assert proxy.connections == number
