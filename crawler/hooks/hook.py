"""The hooks of jobs: each target once, with a number that it has in every process. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from crawler.config import Job
from crawler.config.hook_options import HookOptions, Occasion
from crawler.frontier.outbox import HookTerms


class Hook(NamedTuple):
    """A target that a job tells of events, and how it is to be told."""

    terms: HookTerms
    options: HookOptions


class JobHooks(NamedTuple):
    """The hooks of a job, by number, for each occasion that has some."""

    of: Mapping[Occasion, tuple[int, ...]]
    scheduled: bool
    """Whether the job has a schedule."""
    ignored: Mapping[int, tuple[str, ...]]
    """What is ignored of a change, by hook."""


def hooks_of(jobs: Iterable[Job]) -> tuple[dict[int, Hook], dict[str, JobHooks]]:
    """Return all hooks by number, and those of each job that has some by its name."""
    hooks: dict[int, Hook] = {}
    by_job: dict[str, JobHooks] = {}
    for job in jobs:
        found = dict(_hooks(job))
        hooks |= {hook.terms.id: hook for numbered in found.values() for hook in numbered}
        numbers = {
            occasion: tuple(dict.fromkeys(hook.terms.id for hook in numbered))
            for occasion, numbered in found.items()
        }
        if numbers:
            ignored = {one.terms.id: one.options.ignore for one in found.get("changed", ())}
            by_job[job.name] = JobHooks(numbers, job.schedule is not None, ignored)
    return hooks, by_job


def _hooks(job: Job) -> Iterator[tuple[Occasion, list[Hook]]]:
    for occasion, options in job.on.items():
        if options:
            yield occasion, [Hook(_terms(job.name, one), one) for one in options]


def _terms(job: str, options: HookOptions) -> HookTerms:
    """Return a hook as the ledger knows it; its number does not depend on its secret."""
    told = json.dumps([job, options.target])
    digest = hashlib.blake2b(told.encode(), digest_size=8).digest()
    return HookTerms(int.from_bytes(digest, "big", signed=True), job, name_of(options))


def name_of(options: HookOptions) -> str:
    """Return a hook for people: URLs and arguments may hold what is secret, hosts do not."""
    if options.run is not None:
        return f"run {options.run[0]}"
    if options.call is not None:
        return f"call {options.call}"
    parts = urlsplit(options.post or "")
    return f"post {parts.scheme}://{parts.netloc}"
