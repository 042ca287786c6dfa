"""What is asked: the request of a visit, with what its job gives to the origin it lists.

Custom headers, credentials and cookies go to the origin of the URL that was asked for. A redirect
that leads to another origin gets none of them.
"""

from base64 import b64encode
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy, LoadError, MozillaCookieJar

from requests import PreparedRequest
from requests.cookies import RequestsCookieJar, get_cookie_header
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict

from crawler.config import Job
from crawler.decode import ACCEPT
from crawler.errors import UsageError
from crawler.model import Task
from crawler.urls import split

NO_COOKIES = RequestsCookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))


def cookies_of(job: Job) -> CookieJar:
    """Read a job's cookies.txt.

    Raises:
        UsageError: the file is not one.
    """
    if job.cookies is None:
        return NO_COOKIES
    jar = MozillaCookieJar(job.cookies)
    try:
        jar.load(ignore_discard=True, ignore_expires=True)
    except (LoadError, OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{job.name}: {job.cookies} is no cookies.txt") from error
    for cookie in jar:
        if not cookie.expires:  # 0 is a session's cookie in this format, not one of 1970
            cookie.expires = None
    return jar


def request_for(task: Task, job: Job, user_agent: str, cookies: CookieJar) -> PreparedRequest:
    """Prepare the request of a visit; its URL is canonical already. A hop is a GET."""
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(
        {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": ACCEPT}
    )
    request = PreparedRequest()
    plain = task.hops or task.robots
    request.method = "GET" if plain else job.method
    request.url = task.location
    request.headers = headers
    request.hooks = default_hooks()
    setattr(request, "_cookies", NO_COOKIES)  # noqa: B010  Session.send reads it
    if same_origin(task.location, task.url):
        headers.update(_filled(job.headers, task.extra))
        headers.update(_credentials(job))
        if job.method == "POST" and not plain:
            request.body = job.body.encode()
            headers["Content-Length"] = str(len(request.body))
        if job.cookies and (cookie := _cookie_header(cookies, request)):
            headers["Cookie"] = cookie
    headers.update(_conditions(task))
    return request


def _filled(headers: Mapping[str, str], extra: Mapping[str, str] | None) -> Mapping[str, str]:
    """Put the columns of a URL's list into the headers that use them."""
    for name, value in (extra or {}).items():
        headers = {key: text.replace(f"{{{name}}}", value) for key, text in headers.items()}
    return headers


def same_origin(one: str, other: str) -> bool:
    """Tell whether two canonical URLs share scheme, host and port (RFC 6454)."""
    return split(one)[:3] == split(other)[:3]


def _cookie_header(cookies: CookieJar, request: PreparedRequest) -> str | None:
    header: str | None = get_cookie_header(cookies, request)  # type: ignore[no-untyped-call]
    return header


def _credentials(job: Job) -> dict[str, str]:
    auth = job.auth
    if auth is None:
        return {}
    if auth.bearer is not None:
        return {"Authorization": f"Bearer {auth.bearer}"}
    pair = b64encode(f"{auth.user}:{auth.password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _conditions(task: Task) -> dict[str, str]:
    """Ask for the rest of what broke off (from where, the store knows), or only for a change."""
    kept, stored = task.kept, task.stored
    if kept and (validator := kept.validators.strong()):
        return {
            "Accept-Encoding": "identity",
            "If-Range": validator,
        }
    if stored is None:
        return {}
    conditions = {"If-None-Match": stored.etag, "If-Modified-Since": stored.last_modified}
    return {name: value for name, value in conditions.items() if value}
