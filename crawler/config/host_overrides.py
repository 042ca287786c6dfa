"""The options of one host: those of its jobs, and the overrides under `hosts`."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from crawler.config import HostOptions, Job, Settings
from crawler.config.digests import job_digests
from crawler.config.host_options import STRICTEST, HostPoliteness
from crawler.model import Seconds
from crawler.policy.bans import REFUSALS_TO_BAN
from crawler.policy.credentials import host_patterns
from crawler.policy.host_limits import HostLimits
from crawler.policy.hours import Hours, parse
from crawler.records import NO_BUDGET, Budget, JobTerms

MAX_CACHED_HOSTS = 10_000
WEIGHTS = {"high": 4, "normal": 2, "low": 1}

T = TypeVar("T")


def budget_of(job: Job) -> Budget:
    """Return what a job may spend in a pass."""
    if not job.has_budget:
        return NO_BUDGET
    schedule = job.schedule.model_dump_json() if job.schedule else ""
    return Budget(job.max_bytes, job.max_time, job.max_urls, schedule)


class HostOverrides:
    """Answers for every host, by its key name:port. Pure; it is also asked in native threads."""

    def __init__(self, settings: Settings, text: Settings | None = None) -> None:
        """Make them; `text` is the file's own settings, where some are set above it."""
        self.overrides = _Overrides(settings, text or settings)

    def take_up(self, other: "HostOverrides") -> None:
        """Answer as the other from now on: in one step, for a native thread may be asking."""
        self.overrides = other.overrides

    def job_terms(self) -> list[JobTerms]:
        """Return the terms of all jobs, for the frontier."""
        return [
            JobTerms(
                job.name,
                job.delay,
                job.per_host,
                job.robots == "obey",
                WEIGHTS[job.priority],
                job.renamed_from,
                self.overrides.digests[job.name],
                job.cookies.keep if job.cookies else "visit",
                budget_of(job),
                bool(job.cookies and job.cookies.login),
            )
            for job in self.overrides.jobs.values()
        ]

    def digests(self) -> Mapping[str, str]:
        """Return the digest of each job, by name."""
        return self.overrides.digests

    def limits(self, key: str, jobs: tuple[str, ...], delay: Seconds, per_host: int) -> HostLimits:
        """Return the strictest limits of the jobs that visit a host; `hosts` overrides them.

        `delay` (seconds) and `per_host` (visits) are the strictest of all active jobs, also of
        those that only other processes have.
        """
        overrides = self.overrides  # one configuration's, whatever is taken up meanwhile
        here = [overrides.jobs[name] for name in jobs if name in overrides.jobs]
        said = overrides.said(key)
        merged = {name: _merged(name, said, here) for name in STRICTEST}
        if overrides.bans:
            merged["refusals_to_ban"] = min(map(_refusals_to_ban, here), default=REFUSALS_TO_BAN)
        return HostLimits(_or(said.delay, delay), _or(said.per_host, per_host), **merged)

    def obeys(self, key: str) -> bool | None:
        """Return whether a host's robots.txt is obeyed; None where each job decides."""
        if not self.overrides.robots_rules:
            return None
        said = self.overrides.said(key).robots
        return None if said is None else said == "obey"

    def robots_rules(self) -> Mapping[str, bool | None]:
        """Return whether robots.txt is obeyed, by pattern of hosts; empty if nothing says so.

        The most specific pattern of a host decides, also where it leaves that to each job.
        """
        return self.overrides.robots_rules

    def max_crawl_delay(self, key: str, job: Job) -> Seconds:
        """Return the longest Crawl-delay, in seconds, with which a host is still visited."""
        said: Seconds | None = self.overrides.said(key).max_crawl_delay
        return _or(said, job.max_crawl_delay)

    def max_backoff(self, key: str, job: Job) -> Seconds:
        """Return the longest wait, in seconds, that the silence of a host brings about."""
        said: Seconds | None = self.overrides.said(key).max_backoff
        return _or(said, job.max_backoff)

    def user_agent(self, key: str) -> str:
        """Return the User-Agent line for a host."""
        overrides = self.overrides
        said = overrides.said(key).user_agent if overrides.has_options else None
        return said or overrides.user_agent

    def limit_rate(self, key: str) -> int | None:
        """Return the bytes a second of all bodies of a host; None for as fast as they come."""
        rate: int | None = self.overrides.said(key).limit_rate
        return rate

    def hours(self, key: str) -> Hours | None:
        """Return the opening hours of a host; None where it is always open."""
        return self.overrides.hours_of(key)


class _Overrides:
    """The overrides of one configuration; never changed, but for the memory of its answers."""

    def __init__(self, settings: Settings, text: Settings) -> None:
        self.jobs = {job.name: job for job in settings.jobs}
        self.bans = any(job.ban is not None for job in settings.jobs)
        """Whether some job says itself what a ban is."""
        self.digests = job_digests(text)
        self.user_agent = settings.crawler.user_agent
        self._options: Mapping[str, HostOptions] = settings.hosts
        self._hours = {
            pattern: parse(options.hours)
            for pattern, options in self._options.items()
            if options.hours
        }
        self.has_options = bool(self._options)
        self.has_rates = any(options.limit_rate for options in settings.hosts.values())
        self._found: dict[str, str | None] = {}
        rules = {
            pattern: None if options.robots is None else options.robots == "obey"
            for pattern, options in settings.hosts.items()
        }
        self.robots_rules = rules if any(said is not None for said in rules.values()) else {}

    def said(self, key: str) -> HostOptions:
        """Return what is said of a host under `hosts`."""
        pattern = self._pattern(key) if self._options else None
        return self._options[pattern] if pattern else _NOTHING

    def hours_of(self, key: str) -> Hours | None:
        """Return the opening hours of a host; None where it is always open."""
        pattern = self._pattern(key) if self._hours else None
        return self._hours.get(pattern) if pattern else None

    def _pattern(self, key: str) -> str | None:
        """Return the most specific pattern that matches: name:port, name, *.name by length, *."""
        try:
            return self._found[key]  # another thread may empty it at any time
        except KeyError:
            pattern = next((one for one in host_patterns(key) if one in self._options), None)
        if len(self._found) >= MAX_CACHED_HOSTS:
            self._found.clear()
        self._found[key] = pattern
        return pattern


_NOTHING = HostOptions()
_DEFAULTS = {name: HostPoliteness.model_fields[name].default for name in STRICTEST}


def _merged(name: str, said: HostOptions, jobs: Sequence[Job]) -> Any:
    """Return the value of an option for a host: its own, else the strictest of its jobs'."""
    own = getattr(said, name)
    values = [getattr(job, name) for job in jobs] if own is None else [own]
    values = [value for value in values if value is not None]
    return STRICTEST[name](values) if values else _DEFAULTS[name]


def _refusals_to_ban(job: Job) -> int:
    return job.ban.after if job.ban else REFUSALS_TO_BAN


def _or(value: T | None, otherwise: T) -> T:
    return otherwise if value is None else value
