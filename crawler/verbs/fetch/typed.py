"""What was typed becomes settings: jobs, where their bodies go, and by which proxies."""

import netrc
import os
import sys
from collections.abc import Mapping
from getpass import getpass
from pathlib import Path
from typing import Any, NamedTuple

from crawler.config import CrawlerOptions, Job, Settings, load
from crawler.errors import UsageError
from crawler.policy.proxies import Proxies
from crawler.state_address import StateAddress
from crawler.verbs.fetch import spelling
from crawler.verbs.fetch.checks import checks_of
from crawler.verbs.fetch.conflicts import check_conflicts
from crawler.verbs.fetch.destination import Destination, destination_of, is_single
from crawler.verbs.fetch.jobs import Asked, jobs_of, way_options
from crawler.verbs.fetch.logins import Known, Login, by_login, login_of
from crawler.verbs.fetch.request import request_options, user_agent
from crawler.verbs.fetch.way import environments, line_of, typed_proxy

STDIN = Path("/dev/stdin")


class Run(NamedTuple):
    """All that a run needs, but for the ledger and the folder, which may be temporary."""

    jobs: tuple[Job, ...]
    destination: Destination
    user_agent: str | None
    proxies: Proxies | None
    base: Settings | None
    """The configuration whose job is taken."""
    max_req: int
    limit_rate: str | None = None
    """Bytes a second, with their unit."""
    checks: str = ""
    """What the body of the one URL has to be."""

    def settings(self, state: StateAddress, output: Path) -> Settings:
        """Return the settings of a run with a ledger and a folder."""
        options: dict[str, Any] = {
            "state": state, "output": output.absolute(), "concurrency": self.max_req,
            "grace_period": 0, "durability": "relaxed", "per_address": None,
        }  # fmt: skip
        if self.user_agent is not None:
            options["user_agent"] = self.user_agent
        if self.limit_rate is not None:
            options["limit_rate"] = self.limit_rate
        if self.base is None:
            return Settings(crawler=CrawlerOptions(**options), jobs=self.jobs)
        taken = ("user_agent", "robots_token", "redact_query")
        kept = {name: getattr(self.base.crawler, name) for name in taken}
        crawler = CrawlerOptions(**{**kept, **options})
        return Settings(crawler=crawler, jobs=self.jobs, hosts=self.base.hosts)

    def proxy_line(self) -> str:
        """Return the line about the proxies of the environment; '' where none is used."""
        if self.proxies is None:
            return ""
        typed = {url.partition(":")[0].lower() for job in self.jobs for url in job.urls}
        has_list = any(job.url_file for job in self.jobs)
        schemes = [one for one in ("http", "https") if has_list or one in typed]
        return line_of(self.proxies, schemes)


def run_of(given: Mapping[str, Any]) -> Run:
    """Read what was typed.

    Raises:
        UsageError: it makes no sense; nothing was asked yet.
        CrawlerError: a file is there that is not to be overwritten.
    """
    check_conflicts(given)
    urls, list_file = given.get("urls", ()), _list_file(given)
    base = _configuration(given)
    destination = destination_of(given, is_single=is_single(urls, list_file))
    login = login_of(given["user"], _password) if "user" in given else None
    known = _netrc() if "netrc" in given else None
    checks = checks_of(given, list_file, single=is_single(urls, list_file))
    groups, hosts = _groups(urls, login, known), given.get("auth_host", ())
    asked = Asked(groups, list_file, hosts, "digest" in given, checks.lines)
    options = request_options(given, _text)
    agent = user_agent(given, options)
    options |= typed_proxy(given) | {"per_host": min(given["max_req"], 1000)} | way_options(given)
    if destination.template is not None:
        options["path"] = destination.template
    job = _job(base, given) if base else None
    if job and "per_host" not in given:
        del options["per_host"]
    return Run(
        jobs_of(asked, options, job),
        destination,
        agent,
        environments(given, os.environ),
        base,
        given["max_req"],
        spelling.rate("--limit-rate", given["limit_rate"]) if "limit_rate" in given else None,
        checks.text,
    )


def _groups(
    urls: tuple[str, ...], login: Login | None, known: Known | None
) -> Mapping[Login | None, list[str]]:
    return by_login(urls, login, known) or {login: []}


def _list_file(given: Mapping[str, Any]) -> Path | None:
    file: Path | None = given.get("input_file")
    if file == Path("-"):
        return STDIN
    if file is not None and not file.exists():
        raise UsageError(f"-i {file}: it is not there")
    return file


def _configuration(given: Mapping[str, Any]) -> Settings | None:
    return load(given["config"]) if "config" in given else None


def _job(base: Settings, given: Mapping[str, Any]) -> Job:
    name = given["job"]
    job = next((job for job in base.jobs if job.name == name), None)
    if job is None:
        names = ", ".join(job.name for job in base.jobs)
        raise UsageError(f"--job {name}: {given['config']} has no such job; it has {names}")
    return job


def _text(name: str) -> str:
    """Return the text of a file, or of standard input.

    Raises:
        UsageError: it cannot be read, or is no text.
    """
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = "is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise UsageError(f"@{name}: {why}") from None


def _password(user: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError("-u: USER:PASSWORD is needed where there is no terminal; or --netrc")
    return getpass(f"password of {user}: ")


def _netrc() -> Known:
    """Return what knows the logins of ~/.netrc, or of the file that $NETRC names.

    Raises:
        UsageError: it is not there, or cannot be read.
    """
    file = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    try:
        kept = netrc.netrc(str(file))
    except (OSError, netrc.NetrcParseError) as error:
        why = error.msg if isinstance(error, netrc.NetrcParseError) else error.strerror
        raise UsageError(f"--netrc: {file}: {why}") from None

    def known(host: str) -> Login | None:
        found = kept.authenticators(host)
        return Login(found[0] or "", found[2] or "") if found else None

    return known
