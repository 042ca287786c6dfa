"""The configuration as a whole: each option with its type, default, bounds and meaning, once."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr

from crawler import __version__
from crawler.config import brief, checks
from crawler.config.host_options import HostOptions
from crawler.config.job_options import Job, JobOptions
from crawler.config.options import Options
from crawler.config.units import Duration, Size, State
from crawler.policy.log_events import event_name
from crawler.policy.masking import REDACTED
from crawler.rights import lists_of

Level = Literal["debug", "info", "warning", "error"]


class LogOptions(Options):
    """The log on standard output."""

    level: Level = "info"
    """Lines of this level and of those after it are written."""
    levels: dict[Annotated[StrictStr, AfterValidator(event_name)], Level] = Field(
        default_factory=dict
    )
    """The same for single events, as in `visit: warning`: only the visits that ended badly."""
    format: Literal["auto", "json", "console"] = "auto"
    """auto: console on a terminal, JSON lines elsewhere."""
    file: Path | None = None
    """A file that gets the lines as JSON, beside standard output; null for none."""
    file_size: Size = 64 * 1024**2
    """Size at which the file is renamed to FILE.1, and begun anew; 0 for never."""
    file_count: StrictInt = Field(default=10, ge=1, le=1000)
    """Renamed files that are kept, FILE.1 the newest."""
    progress: Duration = 10.0
    """Time between two `progress` lines; 0 for none."""


class PerAddress(Options):
    """Limits that the hosts at one address share."""

    concurrency: StrictInt = Field(default=8, ge=1, le=20_000)
    """Visits to one address at the same time."""
    delay: Duration = 0.0
    """Rest of an address between two visits."""


class Guards(Options):
    """What this machine is spared, before it fails."""

    min_free: Size = 64_000_000
    """Room for files and ledger, less what is declared under way, below which no visit begins."""
    min_inodes: StrictInt = Field(default=1000, ge=0)
    """Inodes on their disks below which no visit begins; 0 asks for none, as in min_free."""
    memory_soft: Size | None = None
    """Resident memory of a process beyond which fewer of its visits run at once."""
    memory_hard: Size | None = None
    """Resident memory beyond which a process drains and exits with 1, to be started anew."""
    hub_lag: Duration = 1.0
    """How long code may block the event loop before it is told, by its name; 0 for any time."""


class CrawlerOptions(Options):
    """Options of the daemon as a whole."""

    user_agent: Annotated[StrictStr, AfterValidator(checks.header_value)] = (
        f"crawlerd/{__version__}"
    )
    """Sent with every request; a polite one names a page or an address to complain to."""
    robots_token: Annotated[StrictStr, Field(pattern=r"^[A-Za-z_-]{1,64}$")] = "crawlerd"  # noqa: S105  it is no secret
    """Product token that robots.txt calls the crawler by (RFC 9309, section 2.2.1)."""
    per_address: PerAddress | None = PerAddress()
    """Limits that names at one address share; null for none. They do not hold through a proxy."""
    name: Annotated[StrictStr, Field(pattern=brief.NAME)] | None = None
    """Identity of this configuration, wherever its file is; the file's name without its ending."""
    state: State = brief.STATE
    """The ledger, shared by all processes of this configuration: an SQLite file of this machine, or
    a `postgresql://` URL, by which several machines share it."""
    lists: Path | None = None
    """Folder of this machine for lists that came over HTTP; STATE.lists beside the state file, or
    OUTPUT.lists beside the output folder where a server has the ledger."""
    group: StrictStr | None = None
    """A group whose members may read the ledger, its copies and downloaded lists; else nobody."""
    output: Path = brief.OUTPUT
    """Where bodies are stored."""
    concurrency: StrictInt = Field(default=64, ge=1, le=20_000)
    """Visits of one process at the same time."""
    limit_rate: Size | None = Field(default=None, gt=0)
    """Bytes a second of all bodies of one process; null for as fast as they come."""
    grace_period: Duration = 30.0
    """Time for running visits at a stop; supervisord's stopwaitsecs must exceed it by 5 s."""
    durability: Literal["full", "relaxed"] = "full"
    """full survives a power cut (fsync of file, folder and ledger); relaxed survives a kill -9."""
    watch: StrictBool = False
    """Reload by itself when this file or a list changes."""
    redact_query: tuple[StrictStr, ...] = REDACTED
    """Names of query parameters, in any case and with *, whose values are told nowhere."""
    guards: Guards = Guards()
    log: LogOptions = LogOptions()

    @property
    def lists_folder(self) -> Path:
        """Return the folder of the lists that came over HTTP."""
        return self.lists or lists_of(self.state, self.output)


class Settings(Options):
    """The configuration of the crawler daemon."""

    crawler: CrawlerOptions = CrawlerOptions()
    job_defaults: JobOptions = JobOptions()
    hosts: dict[Annotated[StrictStr, AfterValidator(checks.host_pattern)], HostOptions] = Field(
        default_factory=dict
    )
    """Overrides by host: name, name:port, *.name or *; the most specific one counts."""
    include: StrictStr | tuple[StrictStr, ...] = ()
    """Files with more jobs, as in `jobs.d/*.yaml`: paths and globs. Each holds `jobs` alone."""
    jobs: tuple[Job, ...] = Field(min_length=1)
