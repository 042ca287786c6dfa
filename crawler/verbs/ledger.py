"""The ledger of a verb: that of a configuration, or a file named by itself."""

from dataclasses import dataclass
from pathlib import Path

from crawler import config
from crawler.config import CrawlerOptions, Job, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.errors import ConfigError, UsageError
from crawler.model import DAY_S, Seconds
from crawler.policy.host_limits import HostLimits
from crawler.policy.masking import USUAL, Mask


@dataclass(frozen=True, slots=True)
class Ledger:
    """The file of a ledger, with the configuration if one was named."""

    state: Path
    settings: Settings | None = None
    hosts: HostOverrides | None = None

    def says(self, host: str) -> bool | None:
        """Return whether `hosts` has a host's robots.txt obeyed; None where it does not say."""
        return self.hosts.obeys(host) if self.hosts else None

    @property
    def mask(self) -> Mask:
        """Return what takes secrets out of texts for people."""
        return Mask(self.settings.crawler.redact_query) if self.settings else USUAL

    @property
    def token(self) -> str:
        """Return the product token of the crawler in robots.txt."""
        options = self.settings.crawler if self.settings else CrawlerOptions()
        return options.robots_token

    @property
    def give_up(self) -> Seconds:
        """Return the longest `give_up` of the jobs, in seconds."""
        return max((job.give_up for job in self._jobs), default=DAY_S)

    def limits(self, host: str, job: str) -> HostLimits:
        """Return the limits of a host that one job visits."""
        return self.hosts.limits(host, (job,), 0.0, 1) if self.hosts else HostLimits()

    def obeys(self, host: str, job: str, *, otherwise: bool) -> bool:
        """Tell whether a job obeys a host's robots.txt; `otherwise` for a job not configured."""
        said, found = self.says(host), self._job(job)
        return said if said is not None else found.robots == "obey" if found else otherwise

    def max_crawl_delay(self, host: str, job: str) -> Seconds:
        """Return the longest Crawl-delay, in seconds, with which a job visits a host."""
        found = self._job(job)
        return self.hosts.max_crawl_delay(host, found) if self.hosts and found else float("inf")

    def is_unread(self, job: str, mark: str) -> bool:
        """Tell whether a job's lists are yet to be read by its `path` and headers of today."""
        found = self._job(job)
        if found is None:
            return False
        from crawler.sources.meaning import is_unread  # noqa: PLC0415  what reads lists loads late

        return is_unread(mark, found)

    @property
    def _jobs(self) -> tuple[Job, ...]:
        return self.settings.jobs if self.settings else ()

    def _job(self, name: str) -> Job | None:
        return next((job for job in self._jobs if job.name == name), None)


def ledger_of(file: Path | None, state: Path | None) -> Ledger:
    """Find the ledger.

    Raises:
        UsageError: nothing was named, or the configuration is wrong.
    """
    if state is not None:
        return Ledger(state)
    if file is None:
        raise UsageError("name the configuration with -c (or in CRAWLER_CONFIG), or --state FILE")
    try:
        return configured_ledger(file)
    except ConfigError as error:
        raise UsageError(f"{error}\n--state FILE finds the ledger without it") from error


def configured_ledger(file: Path | None, _: Path | None = None) -> Ledger:
    """Find the ledger of a configuration.

    Raises:
        UsageError: none was named.
        ConfigError: it is wrong.
    """
    if file is None:
        raise UsageError("name the configuration with -c (or in CRAWLER_CONFIG)")
    settings = config.load(file)
    return Ledger(settings.crawler.state, settings, HostOverrides(settings))
