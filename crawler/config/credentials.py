"""What of a job's options is secret, and the origins that may see it."""

from base64 import b64encode
from collections.abc import Iterator

from crawler.config.job_options import Auth, Job
from crawler.policy.credentials import Origins, is_ordinary


def origins_of(job: Job) -> Origins:
    """Return the origins that a job's credentials belong to."""
    return Origins(job.urls, _lists(job), job.auth.hosts if job.auth else None)


def secrets_of(job: Job) -> list[str]:
    """Return what of a job only the origins of its credentials get: names of options and headers.

    Cookies are not among them: their file says for itself to which hosts they belong.
    """
    return list(_secrets(job))


def values_of(job: Job) -> list[str]:
    """Return the texts that only the origins of a job's credentials know."""
    auth = job.auth
    values = [auth.bearer or "", auth.password, basic(auth)] if auth else []
    return values + [text for name, text in job.headers.items() if not is_ordinary(name)]


def basic(auth: Auth) -> str:
    """Return user and password as Basic authentication sends them (RFC 7617)."""
    return b64encode(f"{auth.user}:{auth.password}".encode()).decode()


def _secrets(job: Job) -> Iterator[str]:
    if job.auth and (job.auth.user is not None or job.auth.bearer is not None):
        yield "auth"
    if job.client_cert:
        yield "client_cert"
    yield from (name for name in job.headers if not is_ordinary(name))


def _lists(job: Job) -> Iterator[str]:
    """Yield the URLs of a job's own lists."""
    for value in (job.url_file, job.sitemap):
        for text in value if isinstance(value, tuple) else (str(value or ""),):
            if str(text).startswith(("http://", "https://")):
                yield str(text)
