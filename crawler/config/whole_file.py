"""Checks of a whole file, for problems that no option shows by itself."""

import grp
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from crawler.config.checks import host_pattern
from crawler.config.hook_options import HookOptions
from crawler.config.job_options import Job
from crawler.config.settings import Settings
from crawler.config.text.document import Document
from crawler.config.text.places import Path_
from crawler.policy import globbing, naming
from crawler.policy.masking import masked_line

_LISTS = frozenset({"inbox", "url_file"})


def check_jobs(document: Document, settings: Settings) -> None:
    """Note problems of jobs as a whole, and jobs that share a name."""
    first: dict[str, int] = {}
    for at, job in enumerate(settings.jobs):
        here = _job(at)
        if job.name in first:
            message = f"{job.name!r} is also the name of {document.place(_job(first[job.name]))}"
            document.problem((*here, "name"), message)
        first.setdefault(job.name, at)
        _check_old_name(document, settings, job, here)
        if not any((job.urls, job.url_file, job.sitemap, job.command, job.inbox)):
            message = "names no URLs; it needs urls, url_file, sitemap, command or inbox"
            document.problem(here, message)
        if job.sitemaps and not job.urls:
            message = "needs urls: the robots.txt of their hosts is asked; sitemap takes one by URL"
            document.problem((*here, "sitemaps"), message)
        _check_ways(document, job, here)
        _check_hooks(document, job, here)
        _check_files(document, job, here)
        _check_template(document, job, here)


def _job(at: int) -> Path_:
    return "jobs", at


def _check_old_name(document: Document, settings: Settings, job: Job, here: Path_) -> None:
    if job.renamed_from in {other.name for other in settings.jobs}:
        message = f"{job.renamed_from!r} is a job of this file; it is for a name that is gone"
        document.problem((*here, "renamed_from"), message)


def _check_ways(document: Document, job: Job, here: Path_) -> None:
    if job.family and job.source_address and ip_address(job.source_address).version != job.family:
        message = f"is no IPv{job.family} address, which family asks for; leave one of both out"
        document.problem((*here, "source_address"), message)


def _check_hooks(document: Document, job: Job, here: Path_) -> None:
    """Note hooks that stand twice, with different options: a target is told in one way."""
    first: dict[tuple[str, ...], HookOptions] = {}
    for occasion, hooks in job.on.items():
        for at, hook in enumerate(hooks):
            if hook.ignore and occasion != "changed":
                message = "is about what has `changed` alone; leave it out"
                document.problem((*here, "on", occasion, at, "ignore"), message)
            told = hook.model_copy(update={"ignore": ()})
            if first.setdefault(hook.target, told) != told:
                message = "stands above with other options; give both the same"
                document.problem((*here, "on", occasion, at), message)


def check_resolve(document: Document, settings: Settings) -> None:
    """Note hosts that jobs find at different addresses: what a host is owed is owed by one."""
    first: dict[str, tuple[int, str]] = {}
    for at, job in enumerate(settings.jobs):
        for name, address in job.resolve.items():
            other, before = first.setdefault(name, (at, address))
            if address != before:
                message = (
                    f"is at {before} for {document.place(_job(other))}; a host has one address"
                )
                document.problem((*_job(at), "resolve", name), message)


def _check_files(document: Document, job: Job, here: Path_) -> None:
    """Note options that name no file; a list may come and go, and fails by itself alone."""
    for name, path in paths_of(job):
        if name not in _LISTS and not path.is_file():
            place = (*here, *name.split("."))
            message = f"{masked_line(str(path))} is not a file{_no_or_yes(path)}"
            document.problem(place if document.has(place) else place[:3], message)


_NESTED = (("cookies", "file"), ("tls", "intermediates"))
"""Sections of a job with a path in them."""


def paths_of(job: Job) -> Iterator[tuple[str, Path]]:
    """Yield the options of a job that hold paths, with their paths."""
    for name in ("url_file", "verify", "client_cert", "inbox"):
        if isinstance(path := getattr(job, name), Path):
            yield name, path
    for section, name in _NESTED:
        if path := getattr(getattr(job, section), name, None):
            yield f"{section}.{name}", path


def with_paths(job: Job, change: Callable[[Path], Path]) -> Job:
    """Return a job with its paths changed."""
    update: dict[str, Any] = {}
    for place, path in paths_of(job):
        section, _, name = place.partition(".")
        changed = change(path)
        if name:
            changed = getattr(job, section).model_copy(update={name: changed})
        update[section] = changed
    return job.model_copy(update=update)


def _no_or_yes(path: Path) -> str:
    word = {"no": "false", "off": "false", "yes": "true", "on": "true"}.get(path.name)
    return f"; write {word}" if word else ""


def _check_template(document: Document, job: Job, here: Path_) -> None:
    bound = _bound_names(job)
    if bound is None:
        return
    for field in naming.fields_of(job.path):
        if field not in naming.FIELDS and field not in bound:
            allowed = ", ".join(f"{{{name}}}" for name in (*naming.FIELDS, *sorted(bound)))
            document.problem(
                (*here, "path"),
                f"{{{field}}} is not bound by every URL of this job; allowed: {allowed}",
            )


def _bound_names(job: Job) -> frozenset[str] | None:
    """Return the names that every pattern of a job binds; None where only its lists can tell."""
    if job.urls:
        return frozenset.intersection(*[globbing.parse(one).names for one in job.urls])
    return None if job.url_file or job.inbox or job.command else frozenset()


def check_group(document: Document, group: str | None) -> None:
    """Note a group of readers that this machine does not have."""
    if group is None:
        return
    try:
        grp.getgrnam(group)
    except KeyError:
        document.problem(("crawler", "group"), f"this machine has no group {group!r}")


def check_hosts(document: Document) -> None:
    """Note patterns that look different and mean the same hosts."""
    seen: dict[str, str] = {}
    for text in document.value.get("hosts", {}):
        pattern = host_pattern(text)
        if pattern in seen:
            message = f"means the same hosts as {seen[pattern]}; keep one of them"
            document.problem(("hosts", text), message, at_key=True)
        seen.setdefault(pattern, text)
