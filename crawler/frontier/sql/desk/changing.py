"""Changes by what an operator wants; the contract says what each promises."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from crawler.frontier import actions
from crawler.frontier import wishes as wished
from crawler.frontier.answers import Changed, Cursor
from crawler.frontier.sql.desk import watching, wishes
from crawler.frontier.sql.desk.archive import begin_archive
from crawler.frontier.sql.desk.believing import believe
from crawler.frontier.sql.desk.forget import forget
from crawler.frontier.sql.desk.retry import retry
from crawler.frontier.sql.desk.single import forget_url, retry_url
from crawler.frontier.sql.desk.unused import forget_unused
from crawler.frontier.sql.desk.waking import wake_host
from crawler.frontier.sql.rows import cookies
from crawler.frontier.sql.rows.file import File
from crawler.frontier.sql.visits import adopting, files
from crawler.frontier.texts import require_text
from crawler.model import Seconds

_CHANGES: dict[type, Callable[[File, Any, Seconds, Cursor], Changed]] = {
    actions.Retry: retry,
    actions.RetryUrl: lambda file, action, now, _: retry_url(file, action, now),
    actions.ForgetUrl: lambda file, action, now, _: forget_url(file, action, now),
    actions.Forget: forget,
    actions.ForgetCookies: lambda file, action, now, _: _at_once(
        file, cookies.forget, action.job, now
    ),
    actions.ForgetUnused: forget_unused,
    actions.BeginArchive: lambda file, _, now, after: begin_archive(file, now, after),
    actions.LookAtVisits: lambda file, _, now, __: _at_once(file, watching.look, now),
    actions.Believe: lambda file, action, *_: believe(file, action.job),
    actions.Revisit: lambda file, action, now, _: _at_once(
        file, files.revisit, file.names, action.files, now
    ),
    actions.Adopt: lambda file, action, now, _: _adopted(file, action, now),
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


def change(file: File, action: actions.Action, now: Seconds, after: Cursor) -> Changed:
    """Make a slice of a change."""
    require_text(action)
    return _CHANGES[type(action)](file, action, now, after)


def _adopted(file: File, action: actions.Adopt, now: Seconds) -> Changed:
    with file.locked(write=not action.dry):
        number = adopting.adopt(file.db, file.names, action.files, now, dry=action.dry)
        return Changed(Counter({"": number}))


def _at_once(file: File, act: Callable[..., int], *arguments: Any) -> Changed:
    """Make a change that is as long as its action says."""
    with file.locked():
        return Changed(Counter({"": int(act(file.db, *arguments))}))
