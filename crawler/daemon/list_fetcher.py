"""Lists over HTTP: a fetcher of their own, and a folder of their own."""

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from crawler.config import Job
from crawler.daemon.configuration import Configuration
from crawler.errors import UsageError
from crawler.fetch.fetcher import Fetcher
from crawler.fetch.jars import Jars
from crawler.model import Kind, Trouble, Validators
from crawler.rights import make_folder, rights_of, settle_folder
from crawler.sources import Download, FetchList
from crawler.sources.downloads import downloader
from crawler.store import Files

CONCURRENCY = 4
"""Lists fetched at the same time, at most."""


class ListFetcher:
    """Opens its folder and its fetcher when the first list is fetched; many jobs have none."""

    def __init__(self, configuration: Configuration, *, trust_listed: bool) -> None:
        options = configuration.settings.crawler
        self.folder = options.lists_folder
        self._rights = rights_of(options.group)
        self._hosts = configuration.hosts
        self._trust_listed = trust_listed
        self.jars = Jars()
        """The cookies that jobs keep."""
        self._fetcher: Fetcher | None = None
        self._jobs: dict[str, _JobLists] = {}

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def of(self, job: Job) -> FetchList:
        """Return the function that fetches a job's lists, at the job's pace towards each host."""
        known = self._jobs.get(job.name)
        if known is None or known.job is not job:
            known = self._jobs[job.name] = _JobLists(self, job)
        return known.fetch

    def open(self) -> Fetcher:
        """Return the fetcher."""
        if self._fetcher is None:
            make_folder(self.folder, self._rights)
            settle_folder(self.folder, self._rights)
            files = self._stack.enter_context(Files(self.folder, durable=False))
            self._fetcher = self._stack.enter_context(
                Fetcher(
                    user_agent=self._hosts.user_agent,
                    files=files,
                    concurrency=CONCURRENCY,
                    trust_listed=self._trust_listed,
                )
            )
            self._fetcher.jars = self.jars
        return self._fetcher


class _JobLists:
    """The lists of one job; its downloader remembers when each host was asked."""

    def __init__(self, lists: ListFetcher, job: Job) -> None:
        self._lists = lists
        self.job = job
        self._download: FetchList | None = None

    def fetch(self, url: str, known: Validators | None, folder: Path) -> Download:
        if self._download is None:
            self._download = downloader(self._lists.open(), self.job)
        try:
            return self._download(url, known, folder)
        except UsageError as error:  # a file of the job's options is gone meanwhile
            raise Trouble(Kind.LOCAL_IO, str(error)) from error
