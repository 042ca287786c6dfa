"""A configuration file, read: its sections validated, defaults filled in, paths made absolute."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from crawler.config import problems, whole_file
from crawler.config.brief import absolute, located, stem_of
from crawler.config.descriptions import describe
from crawler.config.settings import Settings
from crawler.config.text.document import Document
from crawler.config.text.reading import read


def load(file: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read a configuration file; relative paths in it are relative to the file.

    Raises:
        ConfigError: every problem of the file, in its order.
    """
    document = read(file, environment)
    settings = _validated(document)
    if settings is not None:
        settings = _located(_merged(settings), file.absolute())
        whole_file.check_group(document, settings.crawler.group)
        whole_file.check_jobs(document, settings)
        whole_file.check_hosts(document)
        whole_file.check_resolve(document, settings)
    document.check()
    assert settings is not None
    return settings


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the configuration, for editors."""
    settings = Settings.model_json_schema()
    describe(settings, Settings)
    settings["anyOf"] = [{"required": [name]} for name in (*settings.pop("required"), "include")]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **settings}


def _validated(document: Document) -> Settings | None:
    if not isinstance(document.value, dict):
        document.problem((), "the file must hold the sections crawler, job_defaults and jobs")
        return None
    try:
        return Settings.model_validate(document.value)
    except ValidationError as error:
        found = error.errors(include_url=False)
    # Outside the handler: the trace of a fault of ours would quote the values, as pydantic does.
    for details in found:
        problems.note(document, details)
    return None


def _merged(settings: Settings) -> Settings:
    """Fill the options that a job does not set from `job_defaults`."""
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


def _located(settings: Settings, file: Path) -> Settings:
    """Make relative paths absolute, and give the configuration a name."""
    options, folder = settings.crawler, file.parent
    paths: dict[str, Any] = {"state": located(folder, options.state)}
    for name in ("output", "lists"):
        if (path := getattr(options, name)) is not None:
            paths[name] = absolute(folder, path)
    jobs = [whole_file.with_paths(job, partial(absolute, folder)) for job in settings.jobs]
    log = options.log
    if log.file is not None:
        log = log.model_copy(update={"file": absolute(folder, log.file)})
    options = options.model_copy(
        update={**paths, "name": options.name or stem_of(file), "log": log}
    )
    return settings.model_copy(update={"crawler": options, "jobs": tuple(jobs)})
