"""A job: where its URLs come from, when and how each of them is visited, where bodies go."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr, model_validator

from crawler import urls
from crawler.config import checks
from crawler.config.answer_options import AcceptOptions, BanOptions, RetryOptions
from crawler.config.cookie_options import Cookies
from crawler.config.filter_options import FilterOptions
from crawler.config.hook_options import On
from crawler.config.host_options import HostPoliteness
from crawler.config.options import Options, in_order
from crawler.config.tls_options import TlsOptions
from crawler.config.units import Duration, MinSpeed, ProxyUrls, Share, Size, Versions
from crawler.policy import naming, schedule
from crawler.policy.redirects import MAX_REDIRECTS

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
"""What the name of a job looks like."""
ListUrl = Annotated[StrictStr, Field(pattern=r"^https?://"), AfterValidator(urls.canonical)]


class Timeout(Options):
    """Limits in time of one visit."""

    connect: Duration = Field(default=10.0, gt=0)
    """To reach one address of the host."""
    read: Duration = Field(default=30.0, gt=0)
    """Silence of the server between two pieces of its answer."""
    total: Duration = Field(default=600.0, gt=0)
    """The whole visit, whatever the server does."""


class Auth(Options):
    """Basic or Digest (user and password), or bearer (a token), best taken from ${ENVIRONMENT}."""

    user: Annotated[StrictStr, AfterValidator(checks.header_value)] | None = None
    """User of Basic or Digest authentication."""
    password: Annotated[StrictStr, AfterValidator(checks.header_value)] = ""
    """Password of that user."""
    digest: StrictBool = False
    """Digest authentication: the password is proved and not sent, where the server asks for it."""
    bearer: Annotated[StrictStr, AfterValidator(checks.header_value)] | None = None
    """A token, instead of user and password."""

    hosts: tuple[Annotated[StrictStr, AfterValidator(checks.host_pattern)], ...] | None = None
    """Hosts that get the job's credentials, and no other: name, name:port, *.name or *. Without it
    they go to the origins of `urls` and of the lists' own URLs."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.user is not None and self.bearer is not None:
            raise ValueError("either user and password, or bearer")
        if self.digest and self.user is None:
            raise ValueError("digest is for a user and a password")
        if self.user is None and (self.password or (self.bearer is None and self.hosts is None)):
            raise ValueError("either user and password, or bearer")
        return self


class Interval(Options):
    """Bounds of intervals that adapt."""

    min: Duration = Field(gt=0)
    """Shortest interval, for content that keeps changing."""
    max: Duration = Field(gt=0)
    """Longest interval, for content that never changes."""

    _in_order = model_validator(mode="after")(in_order)


class ScheduleOptions(Options):
    """When a URL that came to its end is visited again."""

    every: Duration | None = Field(default=None, gt=0)
    """Time from one visit to the next."""
    cron: StrictStr | None = None
    """At these times: minute, hour, day, month, weekday, as in `*/15 6-22 * * mon-fri`; or
    `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`."""
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
        """Return the schedule, by which due times are computed."""
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


class JobOptions(HostPoliteness):
    """Options of every job; `job_defaults` sets them for all jobs."""

    method: Literal["GET", "POST"] = "GET"
    """POST sends `body`; after a redirect it is a GET."""
    body: StrictStr = ""
    """The body of a POST."""
    auth: Auth | None = None
    """Credentials for the origins that the configuration names, and for no other."""
    cookies: Cookies | None = None
    """Where cookies come from, and for how long they are kept; or the path of a cookies.txt."""
    proxy: ProxyUrls | None = None
    """http://, https://, socks5:// or socks5h:// URL of a proxy; it may hold user and password. Of
    a list each host keeps one, and has another one while that cannot be reached."""
    source_address: Annotated[StrictStr, AfterValidator(checks.address)] | None = None
    """Address of this machine that connections come from; each machine has its own."""
    family: Literal[4, 6] | None = None
    """4 for IPv4 alone, 6 for IPv6 alone; both by default."""
    resolve: dict[
        Annotated[StrictStr, AfterValidator(checks.host_name)],
        Annotated[StrictStr, AfterValidator(checks.address)],
    ] = Field(default_factory=dict)
    """Addresses of hosts that no resolver is asked for, by name: {example.org: 192.0.2.7}."""
    path: Annotated[StrictStr, AfterValidator(checks.template)] = naming.DEFAULT_TEMPLATE
    """Where a body is stored, relative to `output`: `{job}`, `{host}`, `{url_path}`, `{name}`,
    `{ext}`, `{digest}`, what the globs of `urls` bind, and columns of CSV and JSON Lines lists; of
    the first answer that is stored `{filename}` (Content-Disposition), `{date}`, `{status}`."""
    ext: Literal["from_url", "from_type"] = "from_url"
    """What `{ext}` is where the URL has none: nothing, or what the answer's media type says."""
    headers: dict[
        Annotated[StrictStr, AfterValidator(checks.header_name)],
        Annotated[StrictStr, AfterValidator(checks.header_value)],
    ] = Field(default_factory=dict)
    """Request headers beside those the crawler sends by itself; one whose name is not known to hold
    no secret is a credential."""
    filter: FilterOptions | None = None
    """Which URLs of its lists the job takes; without it every one."""
    accept: AcceptOptions | None = None
    """Which answers are wanted; without it every one of 200 to 299 is."""
    retry: RetryOptions | None = None
    """Which failures are tried again, where that is not to be as usual."""
    ban: BanOptions | None = None
    """What a host's ban is, where that is not to be as usual."""
    on: On = Field(default_factory=dict)
    """Hooks that are told when a file was `stored` or has `changed`, when a URL `failed` for good
    or its answer was `unwanted`, of `job_done`, `list_failed` and `host_rested`; see docs/hooks.md.
    """
    schedule: ScheduleOptions | None = None
    """When a URL is visited again; without it every URL is visited once."""
    on_remove: Literal["keep", "delete"] = "keep"
    """What becomes of the files of URLs that the job's lists name no more, once they are retired:
    they are kept, or deleted with their older versions."""
    on_change: Versions = Field(default=0, validate_default=False)
    """`replace` a file that changed, or `keep 3 versions` of it under names with their time."""
    priority: Literal["high", "normal", "low"] = "normal"
    """Its share where jobs compete for workers or for a host: 4, 2 or 1."""
    list_timeout: Duration = Field(default=3600.0, gt=0)
    """Longest time that one list may take to come, over HTTP or from a disk. A server that is
    silent for `timeout.read` ends it sooner; programs have `command_timeout`."""
    max_shrink: Share = Field(default="50%", validate_default=True)
    """Where the lists of a job lose more than this share of their URLs, and 20 at least, nothing is
    removed until `crawler reload --believe JOB`."""
    timeout: Timeout = Timeout()
    max_size: Size = 1024**3
    """Longest body stored, on the wire and decoded."""
    raw: StrictBool = False
    """Store a body as it came, with its content coding."""
    min_speed: MinSpeed = Field(default="1KB/s over 30s", validate_default=True)
    """A body that arrives slower than this is given up; 0 for no such limit."""
    max_redirects: StrictInt = Field(default=MAX_REDIRECTS, ge=0, le=50)
    """Redirects that a visit follows; 0 for none."""
    limit_rate: Size | None = Field(default=None, gt=0)
    """Bytes a second of all bodies of the job in one process; null for as fast as they come. A
    visit waits no longer than its `timeout.total`."""
    max_bytes: Annotated[Size, AfterValidator(checks.countable)] | None = Field(default=None, gt=0)
    """Bytes of bodies that the job may bring in one pass, then it pauses; null for any number."""
    max_time: Annotated[Duration, AfterValidator(checks.countable)] | None = Field(
        default=None, gt=0
    )
    """Time from the first answer of a pass after which the job pauses; null for any."""
    max_urls: Annotated[StrictInt, AfterValidator(checks.countable)] | None = Field(
        default=None, gt=0
    )
    """URLs that may come to their end in one pass, then the job pauses; null for any number."""
    attempts: StrictInt = Field(default=5, ge=1, le=100)
    """Visits before a URL that keeps failing is given up."""
    verify: StrictBool | Path = True
    """TLS certificates: true for the usual authorities, false for no check, or a file of them."""
    client_cert: Path | None = None
    """A file with the certificate and the key, shown to the origins that get the credentials."""
    min_tls: Literal["TLSv1.2", "TLSv1.3"] = "TLSv1.2"
    """Oldest version of TLS spoken."""
    tls: TlsOptions | None = None
    """How TLS is spoken where the usual way does not do."""
    allow_addresses: tuple[Annotated[StrictStr, AfterValidator(checks.network)], ...] = ()
    """Addresses and networks that may be dialled although they are not public: 10.0.0.0/8."""

    @property
    def has_budget(self) -> bool:
        """Tell whether what it may spend is bounded."""
        return not (self.max_bytes is self.max_time is self.max_urls is None)


class Job(JobOptions, defer_build=False):  # built before the settings, which take it as it is
    """A named list of URLs."""

    name: Annotated[StrictStr, Field(pattern=NAME)]
    """Its identity in the ledger, the log and `path`."""
    renamed_from: Annotated[StrictStr, Field(pattern=NAME)] | None = None
    """The name that it had before: the URLs of its lists come along, with history and files."""
    urls: tuple[Annotated[StrictStr, AfterValidator(checks.url_pattern)], ...] = ()
    """URLs, with curl's globbing: `{cn,in,us}`, `[001-100]`, `[a-z]`; `{cc=cn,in}` binds a name."""
    url_file: ListUrl | Path | None = Field(default=None, union_mode="left_to_right")
    """A list: one URL a line (# starts a comment), .csv or .tsv with a column url, .jsonl, .json
    or .meta4; plain or gzip. A path, a glob of paths (lists/*.txt), or an http(s) URL."""
    format: Literal["text", "csv", "tsv", "jsonl", "json", "metalink"] | None = None
    """Format of the job's lists, where neither name nor type nor first line tells it."""
    url_column: Annotated[StrictStr, Field(min_length=1)] = "url"
    """Column of a table, or member of a JSON object, that holds the URL; in any case."""
    delimiter: Annotated[StrictStr, Field(pattern=r"^[^\"\r\n\\w]$")] | None = None
    """One character between the cells of a table, where the header does not tell it."""
    checksums: StrictBool = False
    """Check bodies by the columns or members `sha256`, `sha512`, `sha1`, `md5` and `size` of their
    lines, and ask the URLs of `mirrors` where one fails; Metalink files say both."""
    sitemap: ListUrl | None = None
    """URL of a sitemap, an index of them, a feed (RSS, Atom), or a robots.txt that names some."""
    sitemaps: Literal["robots"] | None = None
    """`robots`: the sitemaps, too, that the robots.txt of each host in `urls` names."""
    command: tuple[StrictStr, ...] | None = Field(default=None, min_length=1)
    """A program with its arguments, no shell, that prints one URL a line."""
    command_timeout: Duration = Field(default=600.0, gt=0)
    """Longest time for the program, and for taking in its output."""
    inbox: Path | None = None
    """A folder: lists put into it are taken in once, and moved to done/ or bad/."""
