"""Pages and answers by what is asked for; the contract says what each promises."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from crawler.frontier import queries
from crawler.frontier import questions as asked
from crawler.frontier.answers import Page
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.desk import watching, wishes
from crawler.frontier.sql.desk.backlog import backlog
from crawler.frontier.sql.desk.entries import about_url, files_named
from crawler.frontier.sql.desk.failing import failures_of
from crawler.frontier.sql.desk.host_tables import about_host, hosts_of
from crawler.frontier.sql.desk.hosts import hosts_met
from crawler.frontier.sql.desk.measured import counters, samples
from crawler.frontier.sql.desk.selection import entries_wanted, listings
from crawler.frontier.sql.desk.told import hooks
from crawler.frontier.sql.desk.waits import waits, waits_at
from crawler.frontier.sql.lists import chunks, meaning
from crawler.frontier.sql.rows import cookies, logins, robots
from crawler.frontier.sql.visits import budget_passes, files
from crawler.frontier.texts import require_text
from crawler.stored_files import StoredFile

Answer = TypeVar("Answer")


def _forgettable(db: Connection, query: queries.Forgettable, after: int) -> Page[StoredFile]:
    from crawler.frontier.sql.desk.forget import forgettable  # noqa: PLC0415  what writes loads late

    return forgettable(db, query.until, after)


def _still_forgettable(db: Connection, question: asked.StillForgettable) -> Sequence[StoredFile]:
    from crawler.frontier.sql.desk.forget import still_forgettable  # noqa: PLC0415  likewise

    return still_forgettable(db, question.files, question.until)


_PAGES: dict[type, Callable[[Connection, Any, int], Page[Any]]] = {
    queries.Wanted: entries_wanted,
    queries.Listings: lambda db, _, after: listings(db, after),
    queries.HostsMet: lambda db, _, after: hosts_met(db, after),
    queries.Waits: waits,
    queries.StoredFiles: lambda db, _, after: files.stored(db, after),
    queries.Unneeded: files.unneeded,
    queries.Sources: chunks.sources,
    queries.Chunks: chunks.chunks,
    queries.FiledOf: meaning.filed,
    queries.Wishes: lambda db, _, after: wishes.standing(db, after),
    queries.Forgettable: _forgettable,
}
_ANSWERS: dict[type, Callable[[Connection, Any], Any]] = {
    asked.AboutUrl: about_url,
    asked.WaitsAt: waits_at,
    asked.Still: lambda db, question: files.still(db, question.files),
    asked.StillForgettable: _still_forgettable,
    asked.VisitsUnderWay: lambda db, question: watching.visits(db, question.now),
    asked.FilesNamed: files_named,
    asked.FailuresOf: failures_of,
    asked.HostsOf: hosts_of,
    asked.BacklogOf: backlog,
    asked.PassesOf: budget_passes.passes,
    asked.Hooks: lambda db, _: hooks(db),
    asked.AboutHost: lambda db, question: about_host(db, question.name),
    asked.Samples: samples,
    asked.Counters: lambda db, _: counters(db),
    asked.SessionOf: lambda db, question: logins.known(db, [question.job])[question.job],
    asked.RobotsOf: lambda db, question: robots.known(db, question.origin),
    asked.JarOf: lambda db, question: cookies.of_jar(db, question.job, question.jar),
    asked.CookiesOf: lambda db, question: cookies.of_job(db, question.job, question.now),
    asked.SaidOf: lambda db, question: meaning.said(db, question.task),
    asked.UrlsOf: lambda db, question: chunks.fingerprints(db, question.source, question.anchor),
    asked.InFlight: lambda db, question: wishes.in_flight(db, question.subject),
    asked.AboutServer: lambda *_: None,
    asked.Unnamed: files.unnamed,
}


def page(db: Connection, query: queries.Query[Answer], after: int) -> Page[Answer]:
    """Return a slice of what a query asks for."""
    require_text(query)
    return _PAGES[type(query)](db, query, after)


def entry(db: Connection, question: asked.Question[Answer]) -> Answer:
    """Return the answer to a question."""
    require_text(question)
    return cast("Answer", _ANSWERS[type(question)](db, question))
