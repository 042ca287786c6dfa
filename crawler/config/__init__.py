"""The configuration: YAML in, frozen and validated settings out, every error with its place."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crawler.config.checks import header_value, host_pattern
from crawler.config.document import Document, Path_, read
from crawler.config.host_options import AdaptiveOptions, HostOptions
from crawler.config.job_options import Auth, Interval, Job, JobOptions, ScheduleOptions, Timeout
from crawler.config.settings import CrawlerOptions, LogOptions, PerAddress, Settings
from crawler.config.units import NO_SPEED, Speed
from crawler.policy import globbing, naming

__all__ = [
    "NO_SPEED",
    "CrawlerOptions",
    "HostOptions",
    "Job",
    "JobOptions",
    "LogOptions",
    "PerAddress",
    "ScheduleOptions",
    "Settings",
    "Speed",
    "Timeout",
    "header_value",
    "load",
    "schema",
]

_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): Settings,
    ("crawler",): CrawlerOptions,
    ("crawler", "log"): LogOptions,
    ("crawler", "per_address"): PerAddress,
    ("hosts", "*"): HostOptions,
    ("hosts", "*", "adaptive"): AdaptiveOptions,
    ("job_defaults",): JobOptions,
    ("job_defaults", "timeout"): Timeout,
    ("job_defaults", "auth"): Auth,
    ("job_defaults", "adaptive"): AdaptiveOptions,
    ("job_defaults", "schedule"): ScheduleOptions,
    ("job_defaults", "schedule", "adaptive"): Interval,
    ("jobs",): Job,
    ("jobs", "timeout"): Timeout,
    ("jobs", "auth"): Auth,
    ("jobs", "adaptive"): AdaptiveOptions,
    ("jobs", "schedule"): ScheduleOptions,
    ("jobs", "schedule", "adaptive"): Interval,
}


_SECRET = frozenset({"auth", "headers", "proxy", "body"})
"""Sections whose values no message repeats."""


def load(file: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read a configuration file; relative paths in it are relative to the file.

    Raises:
        ConfigError: with every problem of the file, in its order.
    """
    document = read(file, environment)
    settings = _validated(document)
    if settings is not None:
        settings = _located(_merged(settings), file.absolute().parent)
        _check_jobs(document, settings)
        _check_hosts(document)
    document.check()
    assert settings is not None
    return settings


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the configuration, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Settings.model_json_schema(),
    }


def _validated(document: Document) -> Settings | None:
    if not isinstance(document.value, dict):
        document.problem((), "the file must hold the sections crawler, job_defaults and jobs")
        return None
    try:
        return Settings.model_validate(document.value)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _note(document, details)
        return None


def _note(document: Document, details: ErrorDetails) -> None:
    path = tuple(details["loc"])
    kind, message = details["type"], details["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return document.problem(path, _unknown(path), at_key=True)
    if kind == "missing":
        return document.problem(path, "is needed and missing")
    if kind == "too_short":  # pydantic also says so of a list whose items are all wrong
        return None if details["input"] else document.problem(path, "needs at least one item")
    if kind != "value_error":  # what is said here may begin with a name
        message = message[:1].lower() + message[1:]
        message = re.sub(" or instance of .*", "", message)
        message = message.replace("valid tuple", "list").replace("valid dictionary", "mapping")
    at_key = path[-1:] == ("[key]",)
    while path and path not in document.marks:  # pydantic appends the branch of a union
        path = path[:-1]
    value = details.get("input")
    secret = _SECRET.intersection(path)
    if kind != "value_error" and not secret and isinstance(value, str | int | float | None):
        message += f", not {value!r}"
    return document.problem(path, message, at_key=at_key)


def _unknown(path: Path_) -> str:
    section = tuple(key for key in path[:-1] if isinstance(key, str))
    if section[:1] == ("hosts",) and len(section) > 1:
        section = ("hosts", "*", *section[2:])
    allowed = list(_MODELS[section].model_fields) if section in _MODELS else []
    close = difflib.get_close_matches(str(path[-1]), allowed, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"is no option{hint} allowed here: {', '.join(allowed)}"


def _merged(settings: Settings) -> Settings:
    """Fill what a job leaves unsaid from `job_defaults`."""
    defaults = settings.job_defaults
    jobs = []
    for job in settings.jobs:
        unsaid = defaults.model_fields_set - job.model_fields_set
        update = {name: getattr(defaults, name) for name in unsaid}
        timeouts = defaults.timeout.model_fields_set - job.timeout.model_fields_set
        update["timeout"] = job.timeout.model_copy(
            update={name: getattr(defaults.timeout, name) for name in timeouts}
        )
        update["headers"] = {**defaults.headers, **job.headers}
        jobs.append(job.model_copy(update=update))
    return settings.model_copy(update={"jobs": tuple(jobs)})


def _located(settings: Settings, folder: Path) -> Settings:
    """Make relative paths absolute."""
    options = settings.crawler
    options = options.model_copy(
        update={
            "state": _absolute(folder, options.state),
            "output": _absolute(folder, options.output),
        }
    )
    jobs = [job.model_copy(update=_job_paths(job, folder)) for job in settings.jobs]
    return settings.model_copy(update={"crawler": options, "jobs": tuple(jobs)})


def _absolute(folder: Path, path: Path) -> Path:
    return Path(os.path.normpath(folder / path))


def _job_paths(job: Job, folder: Path) -> dict[str, Path]:
    names = ("url_file", "verify", "client_cert", "cookies", "inbox")
    paths = {name: getattr(job, name) for name in names}
    return {name: _absolute(folder, path) for name, path in paths.items() if isinstance(path, Path)}


def _check_jobs(document: Document, settings: Settings) -> None:
    """Note what only a job as a whole shows."""
    names: dict[str, int] = {}
    for at, job in enumerate(settings.jobs):
        here: Path_ = ("jobs", at)
        if job.name in names:
            document.problem(
                (*here, "name"), f"{job.name!r} is also the name of jobs[{names[job.name]}]"
            )
        names.setdefault(job.name, at)
        if not any((job.urls, job.url_file, job.sitemap, job.command, job.inbox)):
            document.problem(
                here, "names no URLs; it needs urls, url_file, sitemap, command or inbox"
            )
        for key, path in _job_paths(job, Path()).items():
            if key == "inbox" or (key == "url_file" and _is_glob(path)):
                continue
            if not path.is_file():
                document.problem((*here, key), f"{path} is not a file{_no_or_yes(path)}")
        _check_template(document, job, here)


def _check_hosts(document: Document) -> None:
    """Note patterns that look different and mean the same hosts."""
    seen: dict[str, str] = {}
    for text in document.value.get("hosts", {}):
        pattern = host_pattern(text)
        if pattern in seen:
            message = f"means the same hosts as {seen[pattern]}; keep one of them"
            document.problem(("hosts", text), message, at_key=True)
        seen.setdefault(pattern, text)


def _is_glob(path: Path) -> bool:
    return any(sign in str(path) for sign in "*?[") and not path.exists()


def _no_or_yes(path: Path) -> str:
    word = {"no": "false", "off": "false", "yes": "true", "on": "true"}.get(path.name)
    return f"; write {word}" if word else ""


def _check_template(document: Document, job: Job, here: Path_) -> None:
    bound = [globbing.parse(pattern).names for pattern in job.urls]
    common = frozenset.intersection(*bound) if bound and not job.url_file else frozenset()
    for field in naming.fields_of(job.path):
        if field not in naming.FIELDS and field not in common:
            allowed = ", ".join(f"{{{name}}}" for name in (*naming.FIELDS, *sorted(common)))
            document.problem(
                (*here, "path"),
                f"{{{field}}} is not bound by every URL of this job; allowed: {allowed}",
            )
