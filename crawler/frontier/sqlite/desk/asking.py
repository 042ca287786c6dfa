"""Pages, answers and changes by what is asked for; the contract says what each promises."""

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar, cast

from crawler.frontier import actions, queries
from crawler.frontier import questions as asked
from crawler.frontier import wishes as wished
from crawler.frontier.answers import Changed, Cursor, Page
from crawler.frontier.sqlite.desk import watching, wishes
from crawler.frontier.sqlite.desk.archive import begin_archive
from crawler.frontier.sqlite.desk.backlog import backlog
from crawler.frontier.sqlite.desk.believing import believe
from crawler.frontier.sqlite.desk.damage import soundness
from crawler.frontier.sqlite.desk.entries import about_url, files_named
from crawler.frontier.sqlite.desk.failing import failures_of
from crawler.frontier.sqlite.desk.forget import forget, forgettable, still_forgettable
from crawler.frontier.sqlite.desk.host_tables import about_host, hosts_of
from crawler.frontier.sqlite.desk.hosts import hosts_met
from crawler.frontier.sqlite.desk.retry import retry
from crawler.frontier.sqlite.desk.selection import entries_wanted, listings
from crawler.frontier.sqlite.desk.single import forget_url, retry_url
from crawler.frontier.sqlite.desk.slices import File
from crawler.frontier.sqlite.desk.unused import forget_unused
from crawler.frontier.sqlite.desk.waits import waits, waits_at
from crawler.frontier.sqlite.desk.waking import wake_host
from crawler.frontier.sqlite.file.statefile import Connection
from crawler.frontier.sqlite.lists import chunks, meaning
from crawler.frontier.sqlite.rows import robots
from crawler.frontier.sqlite.visits import files
from crawler.model import Seconds

Answer = TypeVar("Answer")

_PAGES: dict[type, Callable[[Connection, Any, int], Page[Any]]] = {
    queries.Wanted: entries_wanted,
    queries.Listings: lambda db, _, after: listings(db, after),
    queries.HostsMet: lambda db, _, after: hosts_met(db, after),
    queries.Waits: waits,
    queries.StoredFiles: lambda db, _, after: files.stored(db, after),
    queries.Unneeded: lambda db, query, after: files.unneeded(db, query.job, after),
    queries.Sources: chunks.sources,
    queries.Chunks: chunks.chunks,
    queries.FiledOf: meaning.filed,
    queries.Wishes: lambda db, _, after: wishes.standing(db, after),
    queries.Forgettable: lambda db, query, after: forgettable(db, query.until, after),
}
_ANSWERS: dict[type, Callable[[Connection, Any], Any]] = {
    asked.AboutUrl: about_url,
    asked.WaitsAt: waits_at,
    asked.Still: lambda db, question: files.still(db, question.files),
    asked.StillForgettable: lambda db, question: still_forgettable(
        db, question.files, question.until
    ),
    asked.VisitsUnderWay: lambda db, question: watching.visits(db, question.now),
    asked.FilesNamed: files_named,
    asked.FailuresOf: failures_of,
    asked.HostsOf: hosts_of,
    asked.BacklogOf: backlog,
    asked.AboutHost: lambda db, question: about_host(db, question.name),
    asked.Integrity: soundness,
    asked.RobotsOf: lambda db, question: robots.known(db, question.origin),
    asked.SaidOf: lambda db, question: meaning.said(db, question.task),
    asked.UrlsOf: lambda db, question: chunks.fingerprints(db, question.source, question.anchor),
    asked.InFlight: lambda db, question: wishes.in_flight(db, question.subject),
    asked.Unnamed: lambda db, question: files.unnamed(db, question.paths, question.parts),
}
_CHANGES: dict[type, Callable[[File, Any, Seconds, Cursor], Changed]] = {
    actions.Retry: retry,
    actions.RetryUrl: lambda file, action, now, _: retry_url(file, action, now),
    actions.ForgetUrl: lambda file, action, now, _: forget_url(file, action, now),
    actions.Forget: forget,
    actions.ForgetUnused: forget_unused,
    actions.BeginArchive: lambda file, _, now, after: begin_archive(file, now, after),
    actions.LookAtVisits: lambda file, _, now, __: _at_once(file, watching.look, now),
    actions.Believe: lambda file, action, *_: believe(file, action.job),
    actions.Revisit: lambda file, action, now, _: _at_once(
        file, files.revisit, file.names, action.files, now
    ),
    actions.LetGo: lambda file, action, now, _: _at_once(
        file, files.let_go, file.names, action.files, now
    ),
    wished.MakeWish: wishes.make,
    wished.TakeBackWish: lambda file, action, now, _: wishes.take_back(file, action, now),
    wished.GiveOrder: lambda file, action, now, _: wishes.give_order(file, action, now),
    wished.WakeHost: wake_host,
    wished.EndWishes: lambda file, _, now, __: wishes.end(file, now),
    actions.Rename: lambda file, action, *_: _at_once(file, files.rename, action.file, action.path),
}


def page(db: Connection, query: queries.Query[Answer], after: int) -> Page[Answer]:
    """Return a slice of what a query asks for."""
    return _PAGES[type(query)](db, query, after)


def entry(db: Connection, question: asked.Question[Answer]) -> Answer:
    """Return the answer to a question."""
    return cast("Answer", _ANSWERS[type(question)](db, question))


def change(file: File, action: actions.Action, now: Seconds, after: Cursor) -> Changed:
    """Make a slice of a change."""
    return _CHANGES[type(action)](file, action, now, after)


def _at_once(file: File, act: Callable[..., int], *arguments: Any) -> Changed:
    """Make a change that is as long as its action says."""
    with file.locked():
        return Changed(Counter({"": int(act(file.db, *arguments))}))
