"""The ledger of a verb: that of a configuration, or one named by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from crawler import config
from crawler.config.brief import Brief, brief
from crawler.errors import ConfigError, UsageError
from crawler.model import DAY_S, Seconds
from crawler.policy.host_limits import HostLimits
from crawler.policy.masking import USUAL, Mask
from crawler.state_address import StateAddress
from crawler.value import value

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from crawler.config import Job, Settings
    from crawler.config.host_overrides import HostOverrides
    from crawler.frontier import Desk


@value
class Ledger:
    """Where a ledger is, with the configuration if one was named."""

    state: StateAddress
    settings: "Settings | None" = None
    """None too for a verb that asks: it has the `brief` alone."""
    hosts: "HostOverrides | None" = None
    brief: Brief | None = None
    file: Path | None = None
    """Where the brief is from, if it is all that was read."""
    desks: "Callable[[StateAddress], AbstractContextManager[Desk]] | None" = None
    """Opens it for who only asks; None opens it anew each time."""
    note: Callable[[str], None] | None = None
    """Takes what is to be said beside an answer; None prints it to standard error."""

    def says(self, host: str) -> bool | None:
        """Return whether `hosts` has a host's robots.txt obeyed; None where it does not say."""
        return self.hosts.obeys(host) if self.hosts else None

    @property
    def mask(self) -> Mask:
        """Return what takes secrets out of texts for people."""
        return Mask(self.brief.redact_query) if self.brief else USUAL

    @property
    def token(self) -> str:
        """Return the product token of the crawler in robots.txt."""
        options = self.settings.crawler if self.settings else config.CrawlerOptions()
        return options.robots_token

    @property
    def give_up(self) -> Seconds:
        """Return the longest `give_up` of the jobs, in seconds."""
        return self.brief.give_up if self.brief else DAY_S

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
        marks = self.brief.marks if self.brief else {}
        if job in marks:
            return marks[job] not in {"", mark}
        found = whole(self)._job(job)  # noqa: SLF001
        if found is None:
            return False
        from crawler.sources.meaning import is_unread  # noqa: PLC0415  what reads lists loads late

        return is_unread(mark, found)

    @property
    def _jobs(self) -> "tuple[Job, ...]":
        return self.settings.jobs if self.settings else ()

    def _job(self, name: str) -> "Job | None":
        return next((job for job in self._jobs if job.name == name), None)


def ledger_of(file: Path | None, state: StateAddress | None) -> Ledger:
    """Find the ledger.

    Raises:
        UsageError: nothing was named, or the configuration is wrong.
    """
    return _found(file, state, configured_ledger)


def ledger_asked(file: Path | None, state: StateAddress | None) -> Ledger:
    """Find the ledger of a verb that asks; it needs the whole configuration only if that is odd.

    Raises:
        UsageError: nothing was named, or the configuration is wrong.
    """
    return _found(file, state, _briefly)


def _found(file: Path | None, state: StateAddress | None, find: Callable[[Path], Ledger]) -> Ledger:
    if state is not None:
        return Ledger(state)
    if file is None:
        raise UsageError("name the configuration with -c (or in CRAWLER_CONFIG), or --state FILE")
    try:
        return find(file)
    except ConfigError as error:
        raise UsageError(f"{error}\n--state FILE finds the ledger without it") from error


def whole(ledger: Ledger) -> Ledger:
    """Return a ledger with the whole configuration, if one was named.

    Raises:
        UsageError: the configuration is wrong.
    """
    return _found(ledger.file, None, configured_ledger) if ledger.file else ledger


def _briefly(file: Path) -> Ledger:
    found = brief(file)
    return Ledger(found.state, brief=found, file=file) if found else configured_ledger(file)


def configured_ledger(file: Path | None, _: StateAddress | None = None) -> Ledger:
    """Find the ledger of a configuration.

    Raises:
        UsageError: none was named.
        ConfigError: it is wrong.
    """
    if file is None:
        raise UsageError("name the configuration with -c (or in CRAWLER_CONFIG)")
    from crawler.config.host_overrides import HostOverrides  # noqa: PLC0415  a verb that asks has the brief

    settings = config.load(file)
    options = settings.crawler
    said = Brief(
        options.name or "",
        options.state,
        options.output,
        options.redact_query,
        max(job.give_up for job in settings.jobs),
    )
    return Ledger(options.state, settings, HostOverrides(settings), said)
