"""The difference between two configurations, and whether a running process can apply it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from crawler.config import Job, Settings
from crawler.daemon.changed_values import Value, told, values_of
from crawler.errors import ConfigError, Problem
from crawler.value import value

MAX_NAMES = 10
"""Jobs that came or went, of which the names are told."""
RESTART_OPTIONS = ("name", "state", "lists", "group", "output", "redact_query", "durability")
"""Options of `crawler` that a running process cannot change."""


@value
class Difference:
    """Jobs and options that differ in a new configuration."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the options that differ, by job."""
    crawler: tuple[str, ...] = ()
    """Options of the daemon that differ."""
    hosts: bool = False
    values: tuple[Value, ...] = ()
    """What is changed, old and new."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.crawler or self.hosts)


def difference(old: Settings, new: Settings) -> Difference:
    """Compare two configurations, job by job and option by option."""
    before = {job.name: job for job in old.jobs}
    after = {job.name: job for job in new.jobs}
    return Difference(
        added=_only_in(after, before),
        removed=_only_in(before, after),
        changed=_changed(before, after),
        crawler=_options(old.crawler, new.crawler),
        hosts=old.hosts != new.hosts,
        values=tuple(values_of(old, new)),
    )


def check(file: str, found: Difference) -> None:
    """See that a running process can apply a difference; `file` names the configuration.

    Raises:
        ConfigError: an option of RESTART_OPTIONS differs.
    """
    problems = [
        Problem(file, 1, 1, f"crawler.{name}", "cannot change while the daemon runs; restart it")
        for name in found.crawler
        if name in RESTART_OPTIONS
    ]
    if problems:
        raise ConfigError(problems)


def _only_in(jobs: Mapping[str, Job], others: Mapping[str, Job]) -> tuple[str, ...]:
    return tuple(name for name in jobs if name not in others)


def _changed(before: Mapping[str, Job], after: Mapping[str, Job]) -> dict[str, tuple[str, ...]]:
    """Return the names of the options that differ, by job that is in both."""
    both = [name for name in after if name in before]
    changed = {name: _options(before[name], after[name]) for name in both}
    return {name: options for name, options in changed.items() if options}


def _options(old: Any, new: Any) -> tuple[str, ...]:
    return tuple(
        name for name in type(new).model_fields if getattr(old, name) != getattr(new, name)
    )


def log_fields(found: Difference) -> dict[str, Any]:
    """Return the fields of the line `config.reloaded`."""
    return {
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": {name: list(options) for name, options in found.changed.items()},
        "crawler": list(found.crawler),
        "hosts": found.hosts or None,
        "values": told(found.values) or None,
    }


def in_words(found: Difference) -> str:
    """Return what a reload changed, for people: `docs: delay 1s → 5s; jobs added news`."""
    parts = [f"{section}: {', '.join(options)}" for section, options in _by_section(found).items()]
    parts += [f"jobs added {_names(found.added)}"] if found.added else []
    parts += [f"jobs removed {_names(found.removed)}"] if found.removed else []
    return "; ".join(parts) or "nothing"


def _by_section(found: Difference) -> Mapping[str, Sequence[str]]:
    options: dict[str, list[str]] = defaultdict(list)
    for one in found.values:
        options[one.section].append(f"{one.option} {one.words}".rstrip())
    return options


def _names(jobs: Sequence[str]) -> str:
    more = len(jobs) - MAX_NAMES
    return ", ".join(jobs[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
