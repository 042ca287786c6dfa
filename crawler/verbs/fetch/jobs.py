"""The jobs of one run: what was typed, over the options of a job or over ours."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from crawler.config import Auth, Job
from crawler.config.credentials import origins_of, secrets_of
from crawler.errors import UsageError
from crawler.policy import globbing, naming
from crawler.policy.masking import masked_line
from crawler.verbs.fetch import spelling
from crawler.verbs.fetch.logins import Login, hosts_of

JOB_NAME = "fetch"
"""Name of the first job; those of further logins follow it: fetch-2."""
OURS: dict[str, Any] = {
    "robots": "ignore", "delay": 0, "attempts": 3, "max_backoff": "1s", "give_up": 0,
}  # fmt: skip
"""Options of somebody who watches, and knows the hosts that he names."""
_TYPED_AS = {
    "headers": "-H", "auth": "-u", "proxy": "-x", "path": "--path", "cookies": "-b",
    "body": "-d", "max_size": "--max-size", "timeout": "--max-time", "delay": "--delay",
    "accept": "--accept-types",
}  # fmt: skip
_AS_TYPED = {
    "per_host": "per_host", "robots": "robots", "path": "path", "max_redirs": "max_redirects",
}  # fmt: skip
_FILES = {"cacert": "verify", "cert": "client_cert"}
_QUANTITIES: dict[str, tuple[str, str, Callable[[str, str], Any]]] = {
    "max_size": ("max_size", "--max-size", spelling.size),
    "delay": ("delay", "--delay", spelling.duration),
    "attempts": ("attempts", "--attempts", spelling.attempts),
    "accept_types": ("accept", "--accept-types", spelling.types),
    "retry": ("attempts", "--retry", partial(spelling.attempts, more=1)),
}
"""Options of a job by those of the hand, and what reads their values."""
_SECRET = frozenset({"headers", "auth", "body", "proxy"})
_NO_LISTS: dict[str, Any] = {
    "url_file": None, "sitemap": None, "sitemaps": None, "command": None, "inbox": None,
    "schedule": None, "renamed_from": None, "format": None, "on_change": 0,
}  # fmt: skip


class Asked(NamedTuple):
    """URLs of a run: those typed, by their logins, and a list."""

    groups: Mapping[Login | None, Sequence[str]]
    list_file: Path | None
    auth_hosts: Sequence[str] = ()
    """Hosts that the operator named for credentials, beside those of typed URLs."""
    digest: bool = False
    """Whether logins are by Digest."""
    checks_lines: bool = False
    """Whether lines of the list say what bodies are."""


def way_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return how URLs are asked, how long and how fast, as options of a job.

    Raises:
        UsageError: a value is none.
    """
    options = {ours: given[name] for name, ours in _AS_TYPED.items() if name in given}
    options |= {ours: given[name].absolute() for name, ours in _FILES.items() if name in given}
    for name, (ours, option, read) in _QUANTITIES.items():
        if name in given:
            options[ours] = read(option, given[name])
    if "insecure" in given:
        options["verify"] = False
    timeout = _timeout(given)
    return options | ({"timeout": timeout} if timeout else {})


def jobs_of(asked: Asked, options: Mapping[str, Any], base: Job | None = None) -> tuple[Job, ...]:
    """Return the jobs of a run, one for each login; the first one has the list.

    Raises:
        UsageError: an option is wrong, or credentials and their hosts do not fit.
    """
    groups = asked.groups or {None: []}
    jobs = []
    for number, (login, urls) in enumerate(groups.items(), 1):
        name = JOB_NAME if number == 1 else f"{JOB_NAME}-{number}"
        lists: dict[str, Any] = {"name": name, "urls": tuple(urls)}
        if number == 1 and asked.list_file:
            lists |= {"url_file": asked.list_file, "checksums": asked.checks_lines}
        job = _made(lists | dict(options) | _auth(login, urls, asked))
        jobs.append(_over(base or _made({**OURS, **_ours(options), **lists}), job))
        _check_path(jobs[-1])
    _check_list(jobs[0], asked)
    return tuple(jobs)


def _ours(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs for a POST: it may have been heard where its answer was not."""
    return {"attempts": 1} if options.get("method") == "POST" else {}


def _timeout(given: Mapping[str, Any]) -> dict[str, str]:
    names = {"connect": "connect_timeout", "total": "timeout"}
    return {
        limit: spelling.duration(f"--{name.replace('_', '-')}", given[name])
        for limit, name in names.items()
        if name in given
    }


def _auth(login: Login | None, urls: Sequence[str], asked: Asked) -> dict[str, Any]:
    """Return who gets credentials: the typed hosts, and those that were named for it."""
    auth: dict[str, Any] = {}
    if login:
        auth |= {"user": login.user, "password": login.password, "digest": asked.digest}
    if asked.auth_hosts:
        auth["hosts"] = (*asked.auth_hosts, *hosts_of(urls))
    return {"auth": auth} if auth else {}


def _made(options: Mapping[str, Any]) -> Job:
    try:
        return Job(**options)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise UsageError("; ".join(map(_told, details))) from error


def _told(details: Any) -> str:
    """Say what is wrong with an option, without a value that may be a secret."""
    option = str(details["loc"][0]) if details["loc"] else ""
    typed, value = _TYPED_AS.get(option, ""), details.get("input")
    shown = f"{masked_line(value)!r}" if isinstance(value, str) and option not in _SECRET else ""
    if option == "headers" and len(details["loc"]) > 1:
        shown = str(details["loc"][1])
    place = " ".join(filter(None, [typed, shown]))
    return f"{place}: {details['msg'].removeprefix('Value error, ')}".removeprefix(": ")


def _over(base: Job, job: Job) -> Job:
    """Lay what was typed over the options of a job; of that no list is taken, and no schedule."""
    typed = {name: getattr(job, name) for name in job.model_fields_set}
    limits = {name: getattr(job.timeout, name) for name in job.timeout.model_fields_set}
    update = {**_NO_LISTS, **_auth_of(base, job), **typed}
    update["timeout"] = base.timeout.model_copy(update=limits)
    if base.accept and job.accept:
        update["accept"] = base.accept.model_copy(update={"types": job.accept.types})
    update["headers"] = {**base.headers, **job.headers}
    return base.model_copy(update=update)


def _auth_of(base: Job, job: Job) -> dict[str, Any]:
    """Return the credentials of a job, for the hosts that it names and for no typed one.

    Raises:
        UsageError: there are others, which would go to these hosts, too.
    """
    if not secrets_of(base):
        return {}
    if secrets_of(job) or job.auth is not None:
        raise UsageError("the job has credentials of its own: -u, -b and secret headers mix not")
    auth = base.auth or Auth(hosts=())
    hosts = tuple(origin.partition("://")[2] for origin in origins_of(base))
    given = base.auth is not None and base.auth.hosts is not None
    return {"auth": auth if given else auth.model_copy(update={"hosts": hosts})}


def _check_path(job: Job) -> None:
    """See that the names of files can be made of URLs.

    Raises:
        UsageError: no URL has a value for a field.
    """
    if job.url_file is not None:
        return
    bound = frozenset.intersection(*[globbing.parse(one).names for one in job.urls])
    for field in naming.fields_of(job.path):
        if field not in naming.FIELDS and field not in bound:
            known = ", ".join(f"{{{name}}}" for name in (*naming.FIELDS, *sorted(bound)))
            raise UsageError(f"--path: {{{field}}} is not bound by every URL; there are {known}")


def _check_list(job: Job, asked: Asked) -> None:
    if asked.list_file and secrets_of(job) and not (job.auth and job.auth.hosts is not None):
        raise UsageError(
            "-i with credentials: name the hosts of the list that get them, with --auth-host"
        )
