"""The configuration in force: settings, jobs by name, and the options of each host."""

from collections.abc import Mapping, Sequence

from crawler.config import Job, PerAddress, Settings
from crawler.config.host_overrides import HostOverrides
from crawler.daemon.meaning import until_synced
from crawler.model import Seconds
from crawler.policy.host_limits import HostLimits
from crawler.value import value


@value
class Coming:
    """A configuration that was checked and is not in force yet."""

    settings: Settings
    text: Settings
    """Those of the file, without what operators set."""
    hosts: HostOverrides
    jobs: Mapping[str, Job]
    """The jobs as their next visits will have them."""

    def all_jobs(self) -> list[Job]:
        """Return each job, and before its lists were read again also as its visits have it then."""
        named = self.settings.jobs
        pairs = zip(self.jobs.values(), named, strict=True)
        return [*named, *(until_then for until_then, job in pairs if until_then is not job)]


class Configuration:
    """The one configuration that every part of the daemon reads; a reload changes it in place."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.text = settings
        """Those of the file, without what operators set."""
        self.jobs: dict[str, Job] = {job.name: job for job in settings.jobs}
        """Also jobs that a reload removed: visits of theirs may be under way."""
        self._named: Mapping[str, Job] = dict(self.jobs)
        """The jobs of the settings."""
        self.hosts = HostOverrides(settings)
        self.resolve = _resolved(settings)
        """Addresses of hosts by name, whichever job says them: the jobs agree."""
        self.outdated: frozenset[str] = frozenset()
        """Names of jobs that mean something else in the newest text, which is not in force here."""
        self.superseded = False
        """Whether the newest text is another one than that of the file as it was read here."""
        self.reloaded: tuple[Seconds | None, str] = (None, "")
        """The frontier's time of the last reload, and what it changed or why it was refused."""

    def coming(self, settings: Settings, text: Settings) -> Coming:
        """Return other settings as they would come into force; nothing changes yet.

        What decides the meaning of a list's lines holds when the list was read again: until then a
        job has the `path` and the headers that it had, as far as they use values of lines.
        """
        jobs = {job.name: until_synced(self.jobs.get(job.name), job) for job in settings.jobs}
        return Coming(settings, text, HostOverrides(settings, text), jobs)

    def synced(self, job: Job) -> bool:
        """Put a job in force as it is configured: its lists were read. Tell if that is a change.

        What was read is of the configuration of then; if the job is the same in that of now it is
        that one's which is put in force, for visits go by the files that were read for it.
        """
        before, named = self.jobs.get(job.name), self._named.get(job.name)
        if named is None or before is named or named != job:
            return False
        self.jobs[job.name] = named
        return before != named

    def take_up(self, coming: Coming) -> None:
        """Put another configuration in force; this cannot fail, and never waits."""
        if coming.text is not self.text:
            self.outdated, self.superseded = frozenset(), False
        self.settings, self.text = coming.settings, coming.text
        self.resolve = _resolved(coming.settings)
        self._named = {job.name: job for job in coming.settings.jobs}
        self.jobs.update(coming.jobs)
        self.hosts.take_up(coming.hosts)

    def listed_jobs(self) -> Sequence[Job]:
        """Return the jobs of the settings, in their order, but for those of an older text."""
        if not self.outdated:
            return self.settings.jobs
        return [job for job in self.settings.jobs if job.name not in self.outdated]

    def limit_rate(self) -> int | None:
        """Return the bytes a second of all bodies of this process, None for no limit."""
        rate: int | None = self.settings.crawler.limit_rate
        return rate

    def address_limits(self) -> HostLimits | None:
        """Return the limits that the hosts at one address share, or None where there are none."""
        options: PerAddress | None = self.settings.crawler.per_address
        return HostLimits(options.delay, options.concurrency) if options else None


def _resolved(settings: Settings) -> Mapping[str, str]:
    return {name: address for job in settings.jobs for name, address in job.resolve.items()}
