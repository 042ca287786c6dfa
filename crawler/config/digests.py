"""Digests of a configuration: what it means, and not how or where it is written."""

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b

from crawler.config.options import Options
from crawler.config.settings import Settings

DIGEST_BYTES = 12
_OWN = {"inbox", "source_address"}
"""Options of a job that each machine has for itself: they change nothing of what it means."""


def job_digests(settings: Settings) -> dict[str, str]:
    """Return the digest of each job, by name: of its options, and of what all jobs share.

    What each machine has for itself does not count.
    """
    options = settings.crawler
    shared = [
        options.user_agent,
        options.robots_token,
        _told(options.per_address),
        *(f"{pattern} {_told(found)}" for pattern, found in sorted(settings.hosts.items())),
    ]
    return {job.name: _digest([_told(job), *shared]) for job in settings.jobs}


def text_digest(jobs: Mapping[str, str]) -> str:
    """Return the digest of a whole configuration, of the names and digests of its jobs."""
    return _digest(f"{name} {digest}" for name, digest in sorted(jobs.items()))


def _told(options: Options | None) -> str:
    """Return what is not as by default, so that an option of a later release changes nothing."""
    if options is None:
        return "null"
    # pydantic's warnings would repeat values, and with them secrets
    said = options.model_dump(mode="json", exclude_defaults=True, exclude=_OWN, warnings=False)
    return json.dumps(said, sort_keys=True)


def _digest(texts: Iterable[str]) -> str:
    found = blake2b(digest_size=DIGEST_BYTES)
    for text in texts:
        found.update(text.encode(errors="surrogatepass"))
        found.update(b"\0")
    return found.hexdigest()
