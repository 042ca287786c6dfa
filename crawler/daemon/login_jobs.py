"""A job while it logs in: what it sends, and what of that is a secret. Pure."""

from urllib.parse import parse_qsl

from crawler.config import Job
from crawler.config.cookie_options import LoginOptions
from crawler.policy.credentials import is_ordinary

MAX_BODY = 4 * 1024 * 1024
"""Bytes of an answer to a login."""
_FORM = "application/x-www-form-urlencoded"


def login_of(job: Job) -> LoginOptions:
    """Return how a job logs in, which does."""
    assert job.cookies
    assert job.cookies.login
    return job.cookies.login


def logs_in(job: Job) -> bool:
    """Tell whether a job logs in."""
    return job.cookies is not None and job.cookies.login is not None


def method_of(job: Job, hops: int) -> str:
    """Return the method of a request after so many redirects."""
    return "GET" if hops else job.method


def as_login(job: Job) -> Job:
    """Return a job as it is while it logs in: its credentials stay behind."""
    login = login_of(job)
    headers = {name: text for name, text in job.headers.items() if is_ordinary(name)}
    if login.method == "POST":
        headers["Content-Type"] = _FORM
    named = {name.lower() for name in login.headers}
    kept = {name: text for name, text in headers.items() if name.lower() not in named}
    return job.model_copy(update={
        "urls": (login.url,), "url_file": None, "sitemap": None, "auth": None, "accept": None,
        "ban": None, "raw": False, "max_size": MAX_BODY, "limit_rate": None,
        "method": login.method, "body": login.body, "headers": {**kept, **login.headers},
    })  # fmt: skip


def login_secrets(login: LoginOptions) -> list[str]:
    """Return what nobody but the login's server is to be told."""
    values = [value for _, value in parse_qsl(login.body)]
    return [login.body, *values, *login.headers.values()]
