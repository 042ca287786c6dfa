"""The application: routes, who may take them, and the answers to all that goes wrong."""

import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import bottle

from crawler import __version__
from crawler.log import Log
from crawler.web.access import sessions
from crawler.web.access.failures import Failures, unknown
from crawler.web.access.guard import Guard, Rank
from crawler.web.answers import Answers
from crawler.web.api.operations import OPERATIONS, PREFIX, Operation
from crawler.web.events import Events
from crawler.web.media import EVENTS, JSON, METRICS
from crawler.web.page import files
from crawler.web.problems import Problem, problem_of, usage
from crawler.web.reply import HEADERS, Body, description, healthy, page_file, told, unrouted
from crawler.web.request import asked, body, query
from crawler.web.shared import Shared


@dataclass(frozen=True)
class Site:
    """What the application is made of."""

    guard: Callable[[], Guard]
    """The rules in force: a new token has new ones."""
    answers: Answers
    events: Events
    log: Log


class App:
    """Routes requests; `wsgi` is the application of a server."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._failures = Failures()
        self._ready = Shared(site.answers.check)
        self._metrics = Shared(site.answers.metrics)
        self.wsgi = bottle.Bottle()
        self.wsgi.config["catchall"] = False  # what nobody has foreseen is told below
        self.wsgi.default_error_handler = unrouted
        self._route_all()

    def _route_all(self) -> None:
        for operation in OPERATIONS:
            rank = Rank.OPERATOR if operation.acts else Rank.READER
            answer = functools.partial(self._verb, operation)
            self._route(operation.method, operation.path, answer, rank)
        local = Rank.NOBODY if self._site.guard().is_local else Rank.READER
        self._route("GET", f"{PREFIX}/events", self._stream, Rank.READER)
        self._route("GET", f"{PREFIX}/session", self._session, Rank.NOBODY)
        self._route("GET", "/openapi.json", description, Rank.READER)
        self._route("GET", "/healthz", healthy, local)
        self._route("GET", "/readyz", self._readiness, local)
        self._route("GET", "/metrics", self._measure, local)
        self._route("POST", "/login", self._login, Rank.NOBODY)
        self._route("POST", "/logout", self._logout, Rank.NOBODY)
        for path, file in files().items():
            self._route("GET", path, functools.partial(page_file, file), Rank.NOBODY)

    def _route(self, method: str, path: str, answer: Callable[..., Body], rank: Rank) -> None:
        rule = path.replace("{", "<").replace("}", ">")
        self.wsgi.route(rule, method, functools.partial(self._answered, answer, rank))

    def _answered(self, answer: Callable[..., Body], rank: Rank, **in_path: str) -> Body:
        """Answer who may ask; whatever goes wrong is an answer, too."""
        bottle.response.headers.update(HEADERS)
        try:
            self._check(rank)
            return answer(**in_path)
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                self._site.log.error("web.failed", path=bottle.request.path, exc_info=error)  # noqa: TRY400
                detail = "this was not foreseen; the log of the server has it"
                problem = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "bug", detail)
            return told(problem)

    def _check(self, rank: Rank) -> None:
        """See that somebody may ask.

        Raises:
            Problem: not so.
        """
        guard, who = self._site.guard(), asked()
        if objection := guard.objection(who):
            raise objection
        if guard.rank(who, time.time()) >= rank:
            return
        if who.presented:
            raise self._wrong_token()
        raise unknown("show the token: as a bearer, or log in on the page")

    def _wrong_token(self) -> Problem:
        self._site.log.warning("web.refused", client=bottle.request.remote_addr)
        return self._failures.suffer()

    def _verb(self, operation: Operation, **in_path: str) -> Body:
        given = {**(body() if operation.acts else query(operation)), **in_path}
        answer = self._site.answers.of(operation, given)
        bottle.response.content_type = JSON
        if operation.acts:
            client = bottle.request.remote_addr
            self._site.log.info("web.acted", verb=operation.command.name, client=client)
        return answer

    def _stream(self) -> Body:
        stream = self._site.events.stream()
        bottle.response.content_type = EVENTS
        bottle.response.set_header("X-Accel-Buffering", "no")
        return stream

    def _session(self) -> Body:
        guard = self._site.guard()
        who = asked()
        rank = guard.rank(who, time.time())
        if who.presented and rank is Rank.NOBODY:
            raise self._wrong_token()
        bottle.response.content_type = JSON
        told = {"reads": rank >= Rank.READER, "acts": rank >= Rank.OPERATOR}
        return json.dumps(
            {**told, "version": __version__, "public_read": guard.public_read}
        ).encode()

    def _readiness(self) -> Body:
        self._ready()
        bottle.response.content_type = JSON
        return b'{"ready": true}'

    def _measure(self) -> Body:
        bottle.response.content_type = METRICS
        return self._metrics()

    def _login(self) -> Body:
        guard, token = self._site.guard(), body().get("token")
        if not isinstance(token, str):
            raise usage("token: a text is needed")
        if not guard.knows(token):
            raise self._wrong_token()
        self._site.log.info("web.logged_in", client=bottle.request.remote_addr)
        return self._give(sessions.opened(token, time.time()))

    def _logout(self) -> Body:
        body()
        return self._give("")

    def _give(self, value: str) -> Body:
        """Give the browser its cookie."""
        name = sessions.cookie_name(self._site.guard().port)
        secure = asked().origin.startswith("https:")
        cookie = sessions.set_cookie(name, value, secure=secure)
        bottle.response.set_header("Set-Cookie", cookie)
        bottle.response.status = HTTPStatus.NO_CONTENT.value
        return b""
