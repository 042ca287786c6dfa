"""A small world for a crawl that never ends: jobs, lists, a clock, a disk, and what it asked for.

`World` writes what an operator writes, and knows what should be true once that is in force: every
listed URL is visited again and again, under its job's newest options, and no other one is.
"""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from crawler.frontier import STATES
from tests.servers import Site

HOSTS = tuple(f"127.0.0.{number}" for number in range(2, 8))
TOLERANCE_S = 0.005
EVERY = "3s"


class World:
    """Jobs by name, each with its URLs; `version` is told to the server with every request."""

    def __init__(self, folder: Path, output: Path, site: Site, number: int) -> None:
        self.folder, self.output, self.site = folder, output, site
        self.config = folder / "crawler.yaml"
        self.lists = folder / "lists"
        self.clock = folder / "clock"
        self.random = random.Random(number)
        self.jobs: dict[str, set[str]] = {}
        self.gone: set[tuple[str, str]] = set()
        """(job, URL) that were listed once."""
        self.version = 0
        self.delay = 0.05
        self.concurrency = 8
        self._delays: list[list[float]] = []
        """[from, until, delay]: while each was in force somewhere; monotonic times."""
        self.calm_since = 0.0
        self._numbers = 0
        self.lists.mkdir(parents=True)
        self.clock.write_text("+0")
        for _ in range(2):
            self.add_job()
        self.write()

    def new_urls(self, count: int) -> set[str]:
        first, self._numbers = self._numbers, self._numbers + count
        return {
            f"http://{HOSTS[number % len(HOSTS)]}:{self.site.port}/{number}"
            for number in range(first, first + count)
        }

    def add_job(self, *, urls: set[str] | None = None) -> str:
        """Add a job with a list of its own, and return its name."""
        self._numbers += 1
        name = f"job{self._numbers}"
        self.jobs[name] = urls or self.new_urls(self.random.randint(5, 30))
        self.write_list(name)
        return name

    def drop_job(self, name: str) -> set[str]:
        """Remove a job, but not its list."""
        urls = self.jobs.pop(name)
        self.gone |= {(name, url) for url in urls}
        return urls

    def list_of(self, name: str) -> Path:
        return self.lists / f"{name}.txt"

    def text_of(self, name: str) -> str:
        return "".join(f"{url}\n" for url in sorted(self.jobs[name]))

    def write_list(self, name: str) -> None:
        """Write a list as one should: under another name, then renamed."""
        draft = self.lists / f".{name}.new"
        draft.write_text(self.text_of(name))
        draft.rename(self.list_of(name))

    def write(self) -> None:
        """Write the configuration, renamed likewise."""
        self._delays.append([time.monotonic(), float("inf"), self.delay])
        draft = self.config.with_suffix(".new")
        draft.write_text(yaml.safe_dump(self._document()))
        draft.rename(self.config)

    def _document(self) -> dict:
        return {
            "crawler": {
                "state": "state.sqlite",
                "output": str(self.output),
                "durability": "relaxed",
                "guards": {"min_free": 0, "min_inodes": 0},
                "grace_period": "1s",
                "watch": True,
                "concurrency": self.concurrency,
                "per_address": None,
            },
            "job_defaults": {
                "delay": f"{round(self.delay * 1000)}ms",
                "per_host": 1,
                "path": "{job}/{name}",
                "schedule": {"every": EVERY},
                "attempts": 100,
                "robots": "ignore",
                "auth": {"hosts": list(HOSTS)},
                "allow_addresses": ["127.0.0.0/8"],
            },
            "jobs": [
                {
                    "name": name,
                    "url_file": f"lists/{name}.txt",
                    "headers": {"X-Job": name, "X-Version": str(self.version)},
                }
                for name in self.jobs
            ],
        }

    def listed(self) -> set[tuple[str, str]]:
        return {(name, url) for name, urls in self.jobs.items() for url in urls}

    def asked_since(self, at: float) -> Iterator[tuple[str, str, int]]:
        """Yield (job, URL, version) of the requests that came from a monotonic time on."""
        for seen in self.site.requests:
            if seen.at >= at:
                url = f"http://{seen.host}{seen.path}"
                yield seen.headers["X_JOB"], url, int(seen.headers["X_VERSION"])

    def lacks(self, since: float) -> str:
        """Return what is not as the files say, by the requests that came since; '' if all is."""
        asked = {(job, url) for job, url, version in self.asked_since(since)
                 if version == self.version}  # fmt: skip
        if late := self.listed() - asked:
            return f"{len(late)} URLs are not visited, such as {min(late)}"
        if lost := [url for job, url in self.listed() if not self._is_stored(job, url)]:
            return f"{len(lost)} URLs have no file, such as {lost[0]}"
        if kept := self.active() - self.listed():
            return f"{len(kept)} URLs are not retired, such as {min(kept)}"
        return ""

    def _is_stored(self, job: str, url: str) -> bool:
        path = urlsplit(url).path
        file = self.output / job / path[1:]
        return file.is_file() and file.read_text() == path

    def active(self) -> set[tuple[str, str]]:
        state = f"file:{self.folder / 'state.sqlite'}?mode=ro"
        with closing(sqlite3.connect(state, uri=True, timeout=10)) as db:
            return set(
                db.execute(
                    "SELECT name, url FROM task JOIN job ON job.id = job AND active "  # noqa: S608
                    f"WHERE task.job != 0 AND state != {STATES.index('retired')}"
                )
            )

    def strays(self, until: float) -> set[tuple[str, str, int]]:
        """Return what was asked for since all was calm, and should not have been."""
        strays = set(self.asked_since(self.calm_since)) - set(self.asked_since(until))
        return {(job, url, version) for job, url, version in strays
                if (job, url) not in self.listed() or version != self.version}  # fmt: skip

    def now_calm(self) -> None:
        """Note that all is as the files say: from here on only the newest options count."""
        self.calm_since = time.monotonic()
        for older in self._delays[:-1]:
            older[1] = min(older[1], self.calm_since)

    def too_early(self) -> list[str]:
        """Return the requests that came before their host had rested."""
        times: dict[str, list[float]] = {}
        for seen in self.site.requests:
            times.setdefault(seen.host, []).append(seen.at)
        return [
            f"{host} after {after - before:.4f} s at {after:.3f}, not {rest:.3f}"
            for host, at in times.items()
            for before, after in pairwise(sorted(at))
            if after - before < (rest := self._rest(before, after)) - TOLERANCE_S
        ]

    def _rest(self, before: float, after: float) -> float:
        """Return the least delay that was in force somewhere between two points."""
        return min(
            delay for since, until, delay in self._delays if since <= after and until >= before
        )
