"""Logins by Digest on real sockets: one nonce for many visits, one that grows old, a wrong one."""

import time
from dataclasses import replace

import gevent
import pytest

from crawler.config import Auth, Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Task
from crawler.store import Files
from crawler.urls import host_of
from tests.policy.test_digest_auth import parameters
from tests.servers import Site


class Asking:
    """A site that takes each nonce a number of times, and every count once."""

    def __init__(self, uses: int = 1000, *, stale: bool = True) -> None:
        self._uses, self._stale = uses, stale
        self._nonce, self._seen = 0, set()

    def __call__(self, _: str):
        said = self.site.requests[-1].headers.get("AUTHORIZATION", "")
        found = parameters(said) if said.startswith("Digest ") else {}
        key = found.get("nonce"), found.get("nc")
        fresh = (
            key[0] == str(self._nonce) and key not in self._seen and len(self._seen) < self._uses
        )
        if found and fresh:
            self._seen.add(key)
            return b"well"
        self._nonce, self._seen = self._nonce + 1, set()
        stale = ", stale=true" if found and self._stale else ""
        asked = f'Digest realm="r", qop="auth", nonce="{self._nonce}"{stale}'
        return "401 Unauthorized", [("WWW-Authenticate", asked), ("Content-Length", "2")], [b"no"]


@pytest.fixture
def fetcher(tmp_path):
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher,
    ):
        yield fetcher


def job_of(url: str, **options) -> Job:
    return Job(
        name="j", urls=(url,), allow_addresses=("127.0.0.0/8",),
        timeout=Timeout(connect="500ms", read="2s", total="5s"),
        auth=Auth(user="me", password="pw", digest=True, **options),  # noqa: S106
    )  # fmt: skip


def statuses(fetcher, job: Job, urls, **changes) -> list[int]:
    def one(url: str) -> int:
        task = Task(1, "j", url, url, host_of(url), 1, 1, 1)
        deadline = time.monotonic() + 5
        found = fetcher.fetch(replace(task, **changes), job, part=lambda: "p", deadline=deadline)
        return found.status

    visits = [gevent.spawn(one, url) for url in urls]
    gevent.joinall(visits, raise_error=True)
    return [visit.value for visit in visits]


def test_visits_side_by_side_share_a_nonce_and_none_uses_a_count_twice(fetcher):
    asking = Asking()
    with Site(asking) as asking.site:
        job = job_of(asking.site.url + "/")
        assert statuses(fetcher, job, [asking.site.url + "/"]) == [200]
        urls = [f"{asking.site.url}/{number}?q" for number in range(50)]
        assert statuses(fetcher, job, urls) == [200] * 50
        assert len(asking.site.requests) == 52, "the first one was asked twice"


def test_a_nonce_that_grows_old_costs_one_request_more(fetcher):
    asking = Asking(uses=3)
    with Site(asking) as asking.site:
        job = job_of(asking.site.url + "/")
        for _ in range(6):
            assert statuses(fetcher, job, [asking.site.url + "/"]) == [200]
        assert len(asking.site.requests) == 6 + 2


def test_a_wrong_login_is_asked_for_once_a_visit_and_ends_as_401(fetcher):
    asking = Asking(uses=0, stale=False)
    with Site(asking) as asking.site:
        job = job_of(asking.site.url + "/")
        assert statuses(fetcher, job, [asking.site.url + "/"]) == [401]
        assert len(asking.site.requests) == 2


def test_a_host_that_the_credentials_are_not_for_gets_no_answer(fetcher):
    asking = Asking()
    with Site(asking) as asking.site:
        job = job_of(asking.site.url + "/", hosts=("other.example",))
        assert statuses(fetcher, job, [asking.site.url + "/"]) == [401]
        assert statuses(fetcher, job, [asking.site.url + "/robots.txt"], robots=True) == [401]
        assert {one.headers.get("AUTHORIZATION") for one in asking.site.requests} == {None}
