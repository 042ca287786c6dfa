"""What can be configured: every option with its type, default, bounds and meaning, once."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from crawler import __version__, urls
from crawler.config import checks
from crawler.config.units import Duration, MinSpeed, Size, Versions
from crawler.policy import naming, schedule

ListUrl = Annotated[StrictStr, Field(pattern=r"^https?://"), AfterValidator(urls.canonical)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Timeout(_Model):
    """Limits in time of one visit."""

    connect: Duration = Field(default=10.0, gt=0)
    """To reach one address of the host."""
    read: Duration = Field(default=30.0, gt=0)
    """Silence of the server between two pieces of its answer."""
    total: Duration = Field(default=600.0, gt=0)
    """The whole visit, whatever the server does."""


class Auth(_Model):
    """Basic (user and password) or bearer (a token); best taken from ${ENVIRONMENT}."""

    user: Annotated[StrictStr, AfterValidator(checks.header_value)] | None = None
    """User of Basic authentication."""
    password: Annotated[StrictStr, AfterValidator(checks.header_value)] = ""
    """Password of that user."""
    bearer: Annotated[StrictStr, AfterValidator(checks.header_value)] | None = None
    """A token, instead of user and password."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.user is None) == (self.bearer is None):
            raise ValueError("either user and password, or bearer")
        return self


class Adaptive(_Model):
    """Keep the delay near a multiple of the host's own response time."""

    factor: float = Field(default=5.0, gt=0, le=1000)
    """Times the host's smoothed response time."""
    min: Duration = 0.5
    """Shortest delay that comes of it; the job's `delay` holds too."""
    max: Duration = 30.0
    """Longest delay that comes of it."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_order(self)
        return self


class Interval(_Model):
    """Bounds of intervals that adapt."""

    min: Duration = Field(gt=0)
    """Shortest interval, for content that keeps changing."""
    max: Duration = Field(gt=0)
    """Longest interval, for content that never changes."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_order(self)
        return self


def _check_order(bounds: Adaptive | Interval) -> None:
    if bounds.min > bounds.max:
        least, most = (
            f"{name}, {value:g} s{'' if name in bounds.model_fields_set else ' by default'}"
            for name, value in (("min", bounds.min), ("max", bounds.max))
        )
        raise ValueError(f"{least}, is longer than {most}")


class ScheduleOptions(_Model):
    """When a URL that came to its end is visited again."""

    every: Duration | None = Field(default=None, gt=0)
    """Time from one visit to the next."""
    cron: StrictStr | None = None
    """At these times: minute, hour, day, month, weekday, as in `*/15 6-22 * * mon-fri`."""
    timezone: StrictStr = "UTC"
    """Time zone of `cron`, as in Europe/Berlin."""
    jitter: Duration = 0.0
    """Each visit is put off by up to this time, for each URL by another."""
    hours: Annotated[StrictStr, AfterValidator(checks.hours)] | None = None
    """Due again only within these hours: 22:00-06:00 Europe/Berlin."""
    adaptive: Interval | None = None
    """`every` is the first interval: it shrinks where the content changed and grows where not."""
    until: StrictStr | None = None
    """No visit is due after this date or time (ISO 8601)."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.every is None and self.cron is None:
            raise ValueError("needs every or cron")
        self.parsed()
        return self

    def parsed(self) -> schedule.Schedule:
        """Return what the times are worked out by."""
        adaptive = self.adaptive
        return schedule.parse(
            every=self.every,
            cron=self.cron,
            timezone=self.timezone,
            jitter=self.jitter,
            hours=self.hours,
            least=adaptive.min if adaptive else None,
            most=adaptive.max if adaptive else None,
            until=self.until,
        )


class HostOptions(_Model):
    """What a job may say of its hosts, and `hosts` of those whose names match."""

    robots: Literal["obey", "ignore"] | None = None
    """Whether robots.txt is obeyed (RFC 9309)."""
    delay: Duration | None = None
    """Rest of a host between two visits, counted from the start of its answer."""
    per_host: StrictInt | None = Field(default=None, ge=1, le=1000)
    """Visits to one host at the same time."""
    max_crawl_delay: Duration | None = None
    """A host whose robots.txt asks for a longer Crawl-delay is not visited at all."""
    adaptive: Adaptive | None = None
    """Keep the delay near a multiple of the host's own response time."""
    max_backoff: Duration | None = Field(default=None, gt=0)
    """Longest rest that a host's failures bring about."""
    give_up: Duration | None = None
    """How long a host may give no answer at all before its URLs are given up."""
    max_per_day: StrictInt | None = Field(default=None, ge=1)
    """Visits to one host on one day (UTC)."""
    hours: Annotated[StrictStr, AfterValidator(checks.hours)] | None = None
    """When visits may begin: 22:00-06:00 Europe/Berlin."""
    user_agent: Annotated[StrictStr, AfterValidator(checks.header_value)] | None = None
    """Sent to it instead of `crawler.user_agent`."""


class JobOptions(_Model):
    """What every job may say, and `job_defaults` for all of them."""

    method: Literal["GET", "POST"] = "GET"
    """POST sends `body`; after a redirect it is a GET."""
    body: StrictStr = ""
    """What a POST sends."""
    auth: Auth | None = None
    """Credentials for the hosts that the job lists, and for no other."""
    cookies: Path | None = None
    """A Netscape cookies.txt; without one no cookie is ever sent or kept."""
    proxy: Annotated[StrictStr, AfterValidator(checks.proxy)] | None = None
    """http://, https:// or socks5:// URL of a proxy; it may hold a user and a password."""
    path: Annotated[StrictStr, AfterValidator(checks.template)] = naming.DEFAULT_TEMPLATE
    """Where a body is stored, relative to `output`: `{job}`, `{host}`, `{url_path}`, `{name}`,
    `{ext}`, `{digest}`, and what the globs of `urls` bind."""
    headers: dict[
        Annotated[StrictStr, AfterValidator(checks.header_name)],
        Annotated[StrictStr, AfterValidator(checks.header_value)],
    ] = Field(default_factory=dict)
    """Request headers beside those the crawler sends by itself."""
    delay: Duration = 1.0
    """Rest of a host between two visits, counted from the start of its answer."""
    per_host: StrictInt = Field(default=1, ge=1, le=1000)
    """Visits to one host at the same time."""
    robots: Literal["obey", "ignore"] = "obey"
    """Whether robots.txt is obeyed (RFC 9309)."""
    max_crawl_delay: Duration = 300.0
    """A host whose robots.txt asks for a longer Crawl-delay is not visited at all."""
    adaptive: Adaptive | None = None
    """Keep the delay near a multiple of the host's own response time."""
    max_backoff: Duration = Field(default=3600.0, gt=0)
    """Longest rest that a host's failures bring about."""
    give_up: Duration = 86_400.0
    """How long a host may give no answer at all before its URLs are given up."""
    max_per_day: StrictInt | None = Field(default=None, ge=1)
    """Visits to one host on one day (UTC); the whole job has no limit."""
    schedule: ScheduleOptions | None = None
    """When a URL is visited again; without it every URL is visited once."""
    on_change: Versions = Field(default=0, validate_default=False)
    """`replace` a file that changed, or `keep 3 versions` of it under names with their time."""
    priority: Literal["high", "normal", "low"] = "normal"
    """Its share where jobs compete for workers or for a host: 4, 2 or 1."""
    timeout: Timeout = Timeout()
    max_size: Size = 1024**3
    """Longest body stored, on the wire and decoded."""
    min_speed: MinSpeed = Field(default="1KB/s over 30s", validate_default=True)
    """A body that arrives slower than this is given up; 0 for no such limit."""
    attempts: StrictInt = Field(default=5, ge=1, le=100)
    """Visits before a URL that keeps failing is given up."""
    verify: StrictBool | Path = True
    """TLS certificates: true for the usual authorities, false for no check, or a file of them."""
    client_cert: Path | None = None
    """A file with the certificate and the key that this job shows to servers."""
    min_tls: Literal["TLSv1.2", "TLSv1.3"] = "TLSv1.2"
    """Oldest version of TLS spoken."""
    allow_addresses: tuple[Annotated[StrictStr, AfterValidator(checks.network)], ...] = ()
    """Addresses and networks that may be dialled although they are not public: 10.0.0.0/8."""


class Job(JobOptions):
    """A named list of URLs."""

    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    """Its identity in the ledger, the log and `path`."""
    urls: tuple[Annotated[StrictStr, AfterValidator(checks.url_pattern)], ...] = ()
    """URLs, with curl's globbing: `{cn,in,us}`, `[001-100]`, `[a-z]`; `{cc=cn,in}` binds a name."""
    url_file: ListUrl | Path | None = Field(default=None, union_mode="left_to_right")
    """A list: one URL a line (# starts a comment), .csv with a column url, or .jsonl; plain or
    gzip. A path, a glob of paths (lists/*.txt), or an http(s) URL."""
    sitemap: ListUrl | None = None
    """URL of a sitemap or of an index of them."""
    command: tuple[StrictStr, ...] | None = Field(default=None, min_length=1)
    """A program with its arguments, no shell, that prints one URL a line."""
    command_timeout: Duration = Field(default=600.0, gt=0)
    """Longest time for it, and for taking in what it prints."""
    inbox: Path | None = None
    """A folder: lists put into it are taken in once, and moved to done/ or bad/."""


class Log(_Model):
    """The log on standard output."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Lines of this level and of those after it are written."""
    format: Literal["auto", "json", "console"] = "auto"
    """auto: console on a terminal, JSON lines elsewhere."""
    progress: Duration = 10.0
    """Time between two `progress` lines; 0 for none."""


class PerAddress(_Model):
    """What the hosts at one address share."""

    concurrency: StrictInt = Field(default=8, ge=1, le=20_000)
    """Visits to one address at the same time."""
    delay: Duration = 0.0
    """Rest of an address between two visits."""


class CrawlerOptions(_Model):
    """What holds for the daemon as a whole."""

    user_agent: Annotated[StrictStr, AfterValidator(checks.header_value)] = (
        f"crawlerd/{__version__}"
    )
    """Sent with every request; a polite one names a page or an address to complain to."""
    robots_token: Annotated[StrictStr, Field(pattern=r"^[A-Za-z_-]{1,64}$")] = "crawlerd"  # noqa: S105  it is no secret
    """Product token that robots.txt calls the crawler by (RFC 9309, section 2.2.1)."""
    per_address: PerAddress | None = PerAddress()
    """What many names at one address share; null for no limit. Does not hold through a proxy."""
    state: Path = Path("var/crawler.sqlite")
    """The ledger: one SQLite file, shared by all processes of this configuration."""
    output: Path = Path("var/files")
    """Where bodies are stored."""
    concurrency: StrictInt = Field(default=64, ge=1, le=20_000)
    """Visits of one process at the same time."""
    grace_period: Duration = 30.0
    """What a stop leaves to running visits; supervisord's stopwaitsecs must exceed it by 5 s."""
    durability: Literal["full", "relaxed"] = "full"
    """full survives a power cut (fsync of file, folder and ledger); relaxed survives a kill -9."""
    watch: StrictBool = False
    """Reload by itself when this file or a list changes."""
    log: Log = Log()


class Settings(_Model):
    """The configuration of the crawler daemon."""

    crawler: CrawlerOptions = CrawlerOptions()
    job_defaults: JobOptions = JobOptions()
    hosts: dict[Annotated[StrictStr, AfterValidator(checks.host_pattern)], HostOptions] = Field(
        default_factory=dict
    )
    """Overrides by host: name, name:port, *.name or *; the most specific one counts."""
    jobs: tuple[Job, ...] = Field(min_length=1)
