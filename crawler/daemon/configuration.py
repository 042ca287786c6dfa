"""The configuration in force: settings, jobs by name, and the options of each host."""

from collections.abc import Sequence

from crawler.config import Job, PerAddress, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.policy.politeness import HostLimits


class Configuration:
    """The one configuration that every part of the daemon reads; a reload changes it in place."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.jobs: dict[str, Job] = {job.name: job for job in settings.jobs}
        """Also jobs that a reload removed: visits of theirs may be under way."""
        self.hosts = HostOverrides(settings)

    def take_up(self, settings: Settings) -> None:
        """Put other settings in force."""
        self.settings = settings
        self.jobs.update({job.name: job for job in settings.jobs})
        self.hosts.load(settings)

    def listed_jobs(self) -> Sequence[Job]:
        """Return the jobs of the settings, in their order."""
        return self.settings.jobs

    def address_limits(self) -> HostLimits | None:
        """Return the limits that the hosts at one address share, or None where there are none."""
        options: PerAddress | None = self.settings.crawler.per_address
        return HostLimits(options.delay, options.concurrency) if options else None
