"""What the configuration asks of one host: its jobs' options, and the overrides under `hosts`."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from crawler.config import HostOptions, Job, Settings
from crawler.config.settings import Adaptive as AdaptiveOptions
from crawler.model import Seconds
from crawler.policy.hours import Hours, parse
from crawler.policy.politeness import Adaptive, HostLimits
from crawler.records import JobTerms

MAX_CACHED_HOSTS = 10_000
WEIGHTS = {"high": 4, "normal": 2, "low": 1}

T = TypeVar("T")


class HostOverrides:
    """Answers for every host, by its key name:port. Pure; it is also asked in native threads."""

    def __init__(self, settings: Settings) -> None:
        self.load(settings)

    def load(self, settings: Settings) -> None:
        """Take up a configuration, in the place of the one before."""
        self._jobs = {job.name: job for job in settings.jobs}
        self._options: Mapping[str, HostOptions] = settings.hosts
        self._user_agent = settings.crawler.user_agent
        self._hours = {
            pattern: parse(options.hours)
            for pattern, options in self._options.items()
            if options.hours
        }
        self._found: dict[str, str | None] = {}

    def job_terms(self) -> list[JobTerms]:
        """Return what the frontier needs to know of the jobs."""
        return [
            JobTerms(job.name, job.delay, job.per_host, job.robots == "obey", WEIGHTS[job.priority])
            for job in self._jobs.values()
        ]

    def limits(self, key: str, jobs: tuple[str, ...], delay: Seconds, per_host: int) -> HostLimits:
        """Return the strictest of the jobs that visit a host, unless `hosts` says otherwise.

        `delay` and `per_host` are those of all active jobs, also of ones that only other processes
        have.
        """
        here = [self._jobs[name] for name in jobs if name in self._jobs]
        said = self._said(key)
        adaptive = [said.adaptive] if said.adaptive else [job.adaptive for job in here]
        return HostLimits(
            delay=_or(said.delay, delay),
            per_host=_or(said.per_host, per_host),
            adaptive=_slowest([one for one in adaptive if one]),
            max_backoff=_or(
                said.max_backoff, max((job.max_backoff for job in here), default=3600.0)
            ),
            give_up=_or(said.give_up, max((job.give_up for job in here), default=86_400.0)),
            max_per_day=_or(
                said.max_per_day,
                min((job.max_per_day for job in here if job.max_per_day), default=None),
            ),
        )

    def obeys(self, key: str) -> bool | None:
        """Tell whether a host's robots.txt is obeyed; None where each job says for itself."""
        said = self._said(key).robots
        return None if said is None else said == "obey"

    def max_crawl_delay(self, key: str, job: Job) -> Seconds:
        """Return the longest Crawl-delay that is obeyed."""
        return _or(self._said(key).max_crawl_delay, job.max_crawl_delay)

    def user_agent(self, key: str) -> str:
        """Return the User-Agent line for a host."""
        return self._said(key).user_agent or self._user_agent

    def hours(self, key: str) -> Hours | None:
        """Return when a host may be visited, if not always."""
        pattern = self._pattern(key) if self._hours else None
        return self._hours.get(pattern) if pattern else None

    def _said(self, key: str) -> HostOptions:
        pattern = self._pattern(key) if self._options else None
        return self._options[pattern] if pattern else _NOTHING

    def _pattern(self, key: str) -> str | None:
        """Return the most specific pattern that matches: name:port, name, *.name by length, *."""
        if key not in self._found:
            if len(self._found) >= MAX_CACHED_HOSTS:
                self._found.clear()
            self._found[key] = next((one for one in _candidates(key) if one in self._options), None)
        return self._found[key]


_NOTHING = HostOptions()


def _candidates(key: str) -> list[str]:
    name = key.rpartition(":")[0]
    labels = name.split(".")
    parents = ["*." + ".".join(labels[at:]) for at in range(1, len(labels))]
    return [key, name, *parents, "*"]


def _slowest(found: Sequence[AdaptiveOptions]) -> Adaptive | None:
    """Return what makes for delays that are long enough for each."""
    if not found:
        return None
    return Adaptive(
        max(one.factor for one in found),
        max(one.min for one in found),
        max(one.max for one in found),
    )


def _or(value: T | None, otherwise: T) -> T:
    return otherwise if value is None else value
