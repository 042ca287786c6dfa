"""`crawler forget`: what no list names leaves the ledger, with its files if that is wanted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from crawler.daemon.identity import check_same
from crawler.errors import UsageError
from crawler.frontier import (
    Desk,
    Forget,
    Forgettable,
    ForgetUnused,
    LetGo,
    StillForgettable,
    changed,
    pages,
)
from crawler.frontier.actions import ForgetUrl
from crawler.model import DAY_S, Seconds
from crawler.store.mark import ledger_named
from crawler.store.removing import Remover
from crawler.verbs.answer import Answer, tell
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.stores import Stores
from crawler.verbs.urls.cookies import forget_cookies
from crawler.verbs.urls.single import did_each, do_each
from crawler.verbs.words import counted

IDLE_S: Seconds = 2 * DAY_S
"""Time for which a host is remembered without a URL: what it is owed, and asked for, is over."""
DONE = "forgotten"
"""What a URL is afterwards, in words."""


def forget(
    ledger: Ledger, *, urls: Sequence[str], retired: bool, age: Seconds | None, job: str | None,
    files: bool, cookies: str | None, dry: bool,
) -> Answer:  # fmt: skip
    """Forget a few URLs that are named, or the retired ones, or the cookies of a job.

    Raises:
        UsageError: it is not said which, one is no URL, or files are not to be found.
    """
    if not urls:
        return _forget_others(ledger, cookies, age if retired else None, files=files, dry=dry)
    _check_named(retired=retired, age=age, files=files)
    return did_each(ledger, urls, partial(ForgetUrl, job=job, dry=dry), DONE, dry=dry)


def forget_typed(
    ledger: Ledger,
    *,
    urls: tuple[str, ...],
    retired: bool,
    age: Seconds | None,
    job: str | None,
    files: bool,
    cookies: str | None,
    dry: bool,
    as_json_: bool,
) -> int:
    """Do what `crawler forget` says; its options are in `crawler/verbs/commands/`."""
    if not urls:
        answer = _forget_others(ledger, cookies, age if retired else None, files=files, dry=dry)
        tell(answer, ledger.mask, as_json_=as_json_ and cookies is not None)
        return answer.code
    _check_named(retired=retired, age=age, files=files)
    act = partial(ForgetUrl, job=job, dry=dry)
    return do_each(ledger, urls, act, DONE, dry=dry, as_json_=as_json_)


def _forget_others(
    ledger: Ledger, cookies: str | None, age: Seconds | None, *, files: bool, dry: bool
) -> Answer:
    if cookies is None:
        return _forget_retired(ledger, age, files=files, dry=dry)
    if age is not None or files:
        raise UsageError("--cookies JOB stands alone, or with --dry-run")
    return forget_cookies(ledger, cookies, dry=dry)


def _check_named(*, retired: bool, age: Seconds | None, files: bool) -> None:
    if retired or age is not None or files:
        raise UsageError("name URLs, or give --retired with --older-than, and perhaps --files")


def _forget_retired(ledger: Ledger, age: Seconds | None, *, files: bool, dry: bool) -> Answer:
    if age is None:
        raise UsageError("say what is to be forgotten: URLs, or --retired with --older-than 90d")
    with (
        opened_by(ledger, acts=not dry, write=not dry) as desk,
        Remover(_output_of(ledger, desk) if files else Path()) as remover,
    ):
        now = desk.now()
        elsewhere = _remove_files(ledger, desk, remover, now - age) if files and not dry else 0
        found = changed(desk, Forget(now - age, dry)).total()
        unused = Counter() if dry else changed(desk, ForgetUnused(IDLE_S))
    word = "would be" if dry else "is" if found == 1 else "are"
    lines = [*_stayed(remover, elsewhere), f"{counted(found, 'URL')} {word} forgotten"]
    told = {"forgotten": found, "hosts": unused["host"], "lists": unused["list"]}
    told |= {"kept": len(remover.kept) + elsewhere, "failed": len(remover.failed)}
    return Answer([*lines, *_unused(unused)], lambda: told, int(bool(remover.failed)))


def _unused(unused: Counter[str]) -> Iterator[str]:
    left = [counted(unused[noun], noun) for noun in ("host", "list") if unused[noun]]
    if left:
        yield f"{' and '.join(left)} forgotten with them: nothing was left there"


def _remove_files(ledger: Ledger, desk: Desk, remover: Remover, until: Seconds) -> int:
    """Remove the files of what is to be forgotten; after a crash the next call goes on.

    Return how many lie in other output folders, and stay there.

    A file is looked at while everybody else can write, and removed if it is to be forgotten still;
    what is stored in its place meanwhile is another file, and stays.
    """
    stores, elsewhere = Stores(desk.sums().stores, _output_of(ledger, desk)), 0
    for found in pages(desk, Forgettable(until)):
        files = [file for file in found if file.store == stores.own]
        elsewhere += len(found) - len(files)
        judged = dict(zip(files, remover.judge(files), strict=True))
        same = desk.entry(StillForgettable(files, until))
        remover.remove([judged[file] for file in same])
        desk.change(LetGo(same))
    return elsewhere


def _stayed(remover: Remover, elsewhere: int) -> Iterator[str]:
    """Yield what is to be said of the files that were to go and are still there."""
    for word, paths in (("kept", remover.kept), ("failed", remover.failed)):
        yield from (f"{word:<9} {path}" for path in paths)
    if kept := len(remover.kept):
        yield f"{counted(kept, 'file')} kept: changed since, or somebody else's"
    if failed := len(remover.failed):
        yield f"{counted(failed, 'file')} could not be removed"
    if elsewhere:
        yield f"{counted(elsewhere, 'file')} kept: in other output folders"


def _output_of(ledger: Ledger, desk: Desk) -> Path:
    """Return the output folder of a ledger, which is the one that its mark says.

    Raises:
        UsageError: no configuration names one, or it belongs to another ledger.
    """
    if ledger.settings is None:
        raise UsageError("--files needs the configuration, with -c: it names the output folder")
    output = ledger.settings.crawler.output
    check_same(ledger.state, output, ledger_named(output), desk.sums().uid)
    return output
