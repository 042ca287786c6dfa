"""Options that an operator sets while the crawler runs, above those of the file.

Each is checked as the file's own would be. What needs a restart, or changes what lists mean, cannot
be set, nor what would loosen robots.txt, the guard of addresses, TLS or credentials.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from crawler.config.host_options import AdaptiveOptions, HostOptions
from crawler.config.options import Options, in_order
from crawler.config.settings import PerAddress, Settings
from crawler.errors import UsageError
from crawler.policy.credentials import host_patterns

ADAPTIVE = ("adaptive.factor", "adaptive.min", "adaptive.max")
HOSTS_OWN = (
    "delay", "per_host", *ADAPTIVE, "max_backoff", "give_up", "max_per_day", "max_crawl_delay",
)  # fmt: skip
OF_HOST = (*HOSTS_OWN, "hours")
OF_JOB = (
    *HOSTS_OWN, "attempts", "priority", "timeout.connect", "timeout.read", "timeout.total",
    "max_size", "min_speed", "list_timeout", "max_bytes", "max_time", "max_urls",
)  # fmt: skip
OF_CRAWLER = (
    "concurrency", "grace_period", "per_address.concurrency", "per_address.delay", "log.level",
    "log.progress",
)  # fmt: skip
SETTABLE = {"all": (*OF_CRAWLER, *OF_JOB), "job": OF_JOB, "host": OF_HOST}
"""Options that can be set, by what they are set for; for all, those of a job hold for every job."""
_ABSENT: dict[str, type[Options]] = {"adaptive": AdaptiveOptions, "per_address": PerAddress}
"""Sections that the file may leave out."""

S = TypeVar("S", bound=BaseModel)


class Set(NamedTuple):
    """An option that is set."""

    scope: str
    """all, job or host"""
    name: str
    """Of the job; of the host, as name:port or name."""
    option: str
    value: Any
    """As it would stand in the file."""


def overlaid(text: Settings, sets: Iterable[Set]) -> Settings:
    """Return the settings of a file with options set above them.

    Raises:
        UsageError: one cannot be set, or not so; all that is wrong is told.
    """
    settings, wrong = text, []
    for one in sets:
        try:
            settings = _with(settings, one)
        except ValueError as error:
            wrong.append(f"{one.option}: {error}")
    if wrong:
        raise UsageError("\n".join(wrong))
    return settings


def laid_over(
    text: Settings,
    sets: Iterable[Set],
    passed_over: Callable[[Set, UsageError], None] = lambda *_: None,
) -> Settings:
    """Return the settings of a file with all that stands above them.

    What is set for a job counts more than what is set for all, and for a host most, whichever was
    set last. What makes no sense any more is passed over, and told of.
    """
    settings = text
    for one in sorted(sets, key=_narrowness):
        try:
            settings = overlaid(settings, [one])
        except UsageError as error:
            passed_over(one, error)
    return settings


def _narrowness(one: Set) -> tuple[int, bool]:
    return tuple(SETTABLE).index(one.scope), _has_port(one.name)


def spelled_out(settings: Settings, host: str) -> Settings:
    """Return the settings with a section of its own for a host, which says what holds for it."""
    return settings.model_copy(update={"hosts": _own(settings, host)})


def _own(settings: Settings, host: str) -> dict[str, HostOptions]:
    said = dict(settings.hosts)
    key = host if _has_port(host) else f"{host}:0"
    nearest = next((said[one] for one in host_patterns(key) if one in said), HostOptions())
    said.setdefault(host, nearest)
    return said


def _has_port(host: str) -> bool:
    return ":" in host.rpartition("]")[2]


def _with(settings: Settings, one: Set) -> Settings:
    allowed = SETTABLE[one.scope]
    if one.option not in allowed:
        raise ValueError(f"cannot be set for {one.scope}; what can: {', '.join(allowed)}")
    path = one.option.split(".")
    if one.scope == "host":
        return settings.model_copy(update={"hosts": _hosts(settings, one.name, path, one.value)})
    if one.scope == "all" and one.option in OF_CRAWLER:
        crawler = _set(settings.crawler, path, one.value)
        return settings.model_copy(update={"crawler": crawler})
    jobs = tuple(
        _set(job, path, one.value) if one.scope == "all" or job.name == one.name else job
        for job in settings.jobs
    )
    return settings.model_copy(update={"jobs": jobs})


def _hosts(
    settings: Settings, host: str, path: Sequence[str], value: Any
) -> dict[str, HostOptions]:
    """Return what is said under `hosts`, with an option of a host; the most specific one counts."""
    said = _own(settings, host)
    ports = [pattern for pattern in said if pattern.rpartition(":")[0] == host]
    return said | {one: _set(said[one], path, value) for one in (host, *ports)}


def _set(section: S, path: Sequence[str], value: Any) -> S:
    """Return a section with another value of an option."""
    name, *inner = path
    if inner:
        there = getattr(section, name) or _ABSENT[name]()
        made = _set(there, inner, value)
        new: Any = in_order(made) if isinstance(made, AdaptiveOptions) else made
    else:
        new = _checked(type(section), name, value)
    return section.model_copy(update={name: new})


def _checked(model: type[BaseModel], name: str, value: Any) -> Any:
    """Return the value of an option as its section has it.

    Raises:
        ValueError: it is no value of that option.
    """
    try:
        return TypeAdapter(model.model_fields[name].rebuild_annotation()).validate_python(value)
    except ValidationError as error:
        words = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"{words[:1].lower()}{words[1:]}, not {str(value)[:80]!r}") from error
