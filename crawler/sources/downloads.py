"""Fetches lists of a job's URLs with the job's own options: redirects followed, conditionally.

A list does not pass the frontier, for it is read and not stored: it is asked for with the job's
delay between two requests to a host, and its failures are its source's.
"""

import os
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import gevent

from crawler.config import Job
from crawler.fetch.fetcher import Fetcher
from crawler.model import Fetched, Kind, Seconds, Task, Trouble, Validators
from crawler.policy.redirects import redirect_of
from crawler.policy.resume import validators_of
from crawler.policy.robots import url_of
from crawler.sources.cache import key_of, note_of
from crawler.sources.contract import Download, FetchList
from crawler.threads import Native
from crawler.urls import canonical, host_of

_numbers = count()


def downloader(fetcher: Fetcher, job: Job) -> FetchList:
    """Return the function that fetches a job's lists.

    The fetcher's `Files` must be rooted at the folder that the lists are fetched into.
    """
    return _Downloader(fetcher, job).fetch


class _Downloader:
    """Remembers which hosts were asked when."""

    def __init__(self, fetcher: Fetcher, job: Job) -> None:
        self._fetcher = fetcher
        self._job = job.model_copy(
            update={"method": "GET", "body": "", "accept": None, "ban": None}
        )
        self._timeout = job.list_timeout
        self._asked_at: dict[str, Seconds] = {}

    def fetch(self, url: str, known: Validators | None, folder: Path) -> Download:
        """Fetch a URL into a file of its own; `known` belongs to the copy that is there.

        Raises:
            Trouble: there is no answer, or it is too big, torn or undecodable.
        """
        part = f"{key_of(url)}.{os.getpid()}.{next(_numbers)}.part"
        with Native(1) as native:
            try:
                fetched = self._follow(url, known, part)
                download = _download(fetched, folder / part)
                if fetched.body is not None and download.file:
                    native.call(download.file.write_bytes, fetched.body)
            except BaseException:
                native.call((folder / part).unlink, missing_ok=True)
                raise
            return download

    def _follow(self, url: str, known: Validators | None, part: str) -> Fetched:
        """Ask for a list as for any URL: with its job's credentials where they belong."""
        listed, hops = _url(url), 0
        location = listed
        jar: str | None = None
        while True:
            host = host_of(location)
            self._rest(host)
            task = Task(0, self._job.name, listed, location, host, 0, 0, 1, hops=hops)
            task = replace(
                task, stored=known, path=note_of(url), robots=url_of(listed) == listed, jar=jar
            )
            deadline = time.monotonic() + self._timeout
            try:
                fetched = self._fetcher.fetch(task, self._job, part=lambda: part, deadline=deadline)
            finally:
                self._asked_at[host] = time.monotonic()
            target = redirect_of(fetched.status, fetched.headers, location, hops=hops)
            if target is None:
                return fetched
            location, hops, jar = target, hops + 1, fetched.jar

    def _rest(self, host: str) -> None:
        now = time.monotonic()
        wait = self._asked_at.get(host, now - self._job.delay) + self._job.delay - now
        if wait > 0:
            gevent.sleep(wait)


def _download(fetched: Fetched, file: Path) -> Download:
    stored = 200 <= fetched.status < 300
    return Download(
        fetched.status,
        validators_of(fetched.headers),
        file if stored else None,
        fetched.digest,
        fetched.headers.get("content-type", ""),
        fetched.unverified,
    )


def _url(text: str) -> str:
    try:
        return canonical(text)
    except ValueError as error:
        raise Trouble(Kind.PROTOCOL, f"bad URL: {error}") from None
