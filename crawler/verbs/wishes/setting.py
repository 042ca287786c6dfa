"""`crawler set` and `crawler unset`: options of the running crawler, above those of the file."""

from collections.abc import Iterable, Sequence

import click

from crawler.config import Settings
from crawler.config.document import scalar
from crawler.config.overlay import SETTABLE, Set, overlaid
from crawler.daemon.changed_values import changed_values
from crawler.errors import UsageError
from crawler.frontier import Desk, changed
from crawler.frontier.wishes import MakeWish, Subject, TakeBackWish, Verb, Wish
from crawler.model import Seconds
from crawler.verbs.desk_options import DRY_RUN, JSON, Span, verb_of, verb_of_configuration
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.wishes.standing import about, hearers, standing, subject_of, wait, wisher
from crawler.verbs.wishes.words import named
from crawler.verbs.words import as_json, print_lines


@click.command("set")
@verb_of_configuration
@about
@click.argument("options", nargs=-1, required=True, metavar="OPTION=VALUE…")
@click.option("--for", "lasts", type=Span(), help="Only for 1h, 30m, 2d …; then it is as before.")
@click.option("--why", metavar="TEXT", help="For others who wonder: it is shown where it acts.")
@click.option("--wait", "waits", is_flag=True, help="Return when every process has heard.")
@DRY_RUN
@JSON
def set_verb(
    ledger: Ledger,
    *,
    host: str | None,
    job: str | None,
    options: tuple[str, ...],
    lasts: Seconds | None,
    why: str | None,
    waits: bool,
    dry: bool,
    as_json_: bool,
) -> None:
    """Set options of the running crawler: of a host, of a job, or for all; old and new are told.

    It stands above the file in every process, over restarts and reloads, until `crawler unset`.
    Options are written as in the file: delay=5s, timeout.read=1m, concurrency=128.
    """
    subject, given = subject_of(host, job), dict(map(_option, options))
    with opened_by(ledger, acts=not dry, write=not dry) as desk:
        values = _told(desk, ledger, subject, given)
        if not dry:
            for option, value in given.items():
                made = MakeWish(Verb.SET, subject, wisher(why), lasts, option, value)
                changed(desk, made)
        found = wait(desk) if waits and not dry else hearers(desk)
    if as_json_:
        told = {"set": given, "values": values, **found.document()}
        return click.echo(as_json(told, ledger.mask, indent=2))
    lines = values or [f"{named(subject)} is so already"]
    return print_lines([*lines, *([] if dry else [found.in_words()])], ledger.mask)


@click.command("unset")
@verb_of
@about
@click.argument("options", nargs=-1, required=True, metavar="OPTION…")
@click.option("--wait", "waits", is_flag=True, help="Return when every process has heard.")
@JSON
def unset_verb(
    ledger: Ledger,
    *,
    host: str | None,
    job: str | None,
    options: tuple[str, ...],
    waits: bool,
    as_json_: bool,
) -> int:
    """Take back what `set` said: the file counts again. Exit with 1 if nothing was set."""
    subject = subject_of(host, job)
    _check_names(subject, options)
    with opened_by(ledger, acts=True, write=True) as desk:
        taken = {
            one: changed(desk, TakeBackWish(Verb.SET, subject, one)).total() for one in options
        }
        found = wait(desk) if waits else hearers(desk)
    if as_json_:
        click.echo(as_json({"taken_back": taken, **found.document()}, ledger.mask, indent=2))
    else:
        words = {0: "was not set", 1: "is as the file says"}
        lines = [f"{named(subject)}: {one} {words[number]}" for one, number in taken.items()]
        print_lines([*lines, found.in_words()], ledger.mask)
    return int(not any(taken.values()))


def _option(text: str) -> tuple[str, object]:
    """Return an option and its value, as a file would have it.

    Raises:
        UsageError: the text is no OPTION=VALUE.
    """
    option, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r} sets nothing: write OPTION=VALUE, as in delay=5s")
    return option, scalar(value)


def _check_names(subject: Subject, options: Iterable[str]) -> None:
    allowed = SETTABLE[subject.scope.value]
    wrong = [one for one in options if one not in allowed]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}: cannot be set; what can: {', '.join(allowed)}")


def _told(desk: Desk, ledger: Ledger, subject: Subject, given: dict[str, object]) -> Sequence[str]:
    """Return what would be other than it is, old and new.

    Raises:
        UsageError: an option cannot be set, or not so.
    """
    text = ledger.settings
    assert text is not None
    sets = [_set(wish) for wish in standing(desk) if wish.verb is Verb.SET]
    before = _as_far_as(text, sets)
    mine = [Set(subject.scope.value, subject.name, *item) for item in given.items()]
    return changed_values(before, overlaid(before, mine))


def _set(wish: Wish) -> Set:
    return Set(wish.subject.scope.value, wish.subject.name, wish.option, wish.value)


def _as_far_as(text: Settings, sets: Iterable[Set]) -> Settings:
    """Return the settings with what is set above them, but for what makes no sense any more."""
    settings = text
    for one in sets:
        try:
            settings = overlaid(settings, [one])
        except UsageError:
            continue
    return settings


VERBS: tuple[click.Command, ...] = (set_verb, unset_verb)
