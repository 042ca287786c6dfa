"""`crawler set` and `crawler unset`: options of the running crawler, above those of the file."""

from collections.abc import Iterable, Iterator, Sequence

from crawler.config.overlay import SETTABLE, Set, laid_over, overlaid
from crawler.config.text.values import scalar
from crawler.daemon.changed_values import Value, told
from crawler.errors import UsageError
from crawler.frontier import AboutHost, Desk, changed
from crawler.frontier.wishes import MakeWish, Scope, Subject, TakeBackWish, Verb
from crawler.model import Seconds
from crawler.verbs.answer import Answer
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.wishes.standing import hearers, subject_of, wait, wisher
from crawler.verbs.wishes.values import changes, mine, sets_standing
from crawler.verbs.wishes.words import named
from crawler.verbs.words import when


def set_options(
    ledger: Ledger,
    *,
    host: str | None,
    job: str | None,
    options: tuple[str, ...],
    lasts: Seconds | None,
    why: str | None,
    waits: bool,
    dry: bool,
) -> Answer:
    """Do what `crawler set` says; its options are in `crawler/verbs/commands/`."""
    subject, given = subject_of(host, job), _options(options)
    with opened_by(ledger, acts=not dry, write=not dry) as desk:
        before = sets_standing(desk)
        values = _told(desk, ledger, subject, given, before)
        if not dry:
            for option, value in given.items():
                made = MakeWish(Verb.SET, subject, wisher(why), lasts, option, value)
                changed(desk, made)
        found = wait(desk) if waits and not dry else hearers(desk)
        until = [] if lasts is None else [f"until {when(desk.now() + lasts, desk.now())}"]
    same = _unchanged(subject, given, values, before)
    lines = [*told(values), *same, *until, *([] if dry else [found.in_words()])]
    return Answer(lines, lambda: {"set": given, "values": told(values), **found.document()})


def unset_options(
    ledger: Ledger,
    *,
    host: str | None,
    job: str | None,
    options: tuple[str, ...],
    waits: bool,
) -> Answer:
    """Do what `crawler unset` says; its options are in `crawler/verbs/commands/`."""
    subject = subject_of(host, job)
    _check_names(subject, options)
    with opened_by(ledger, acts=True, write=True) as desk:
        before = sets_standing(desk)
        taken = {
            one: changed(desk, TakeBackWish(Verb.SET, subject, one)).total() for one in options
        }
        after = sets_standing(desk)
        values = _back(desk, ledger, subject, before, after)
        found = wait(desk) if waits else hearers(desk)
    lines = [_word(subject, one, number, after) for one, number in taken.items()]
    return Answer(
        [*lines, *told(values), found.in_words()],
        lambda: {"taken_back": taken, "values": told(values), **found.document()},
        code=int(not any(taken.values())),
    )


def _options(texts: Sequence[str]) -> dict[str, object]:
    """Return what is to be set.

    Raises:
        UsageError: one is no OPTION=VALUE, or stands there twice.
    """
    given: dict[str, object] = {}
    for option, value in map(_option, texts):
        if option in given:
            raise UsageError(f"{option} is given twice: what is it to be?")
        given[option] = value
    return given


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


def _told(
    desk: Desk, ledger: Ledger, subject: Subject, given: dict[str, object], before: Sequence[Set]
) -> Sequence[Value]:
    """Return what would be other than it is in force now.

    Raises:
        UsageError: an option cannot be set, or not so.
    """
    text = ledger.settings
    assert text is not None
    _check_job(subject, [job.name for job in text.jobs])
    new = mine(subject, given)
    overlaid(laid_over(text, before), new)
    others = [one for one in before if one[:3] not in {each[:3] for each in new}]
    return changes(text, before, [*others, *new], _jobs_of(desk, subject))


def _check_job(subject: Subject, jobs: Sequence[str]) -> None:
    if subject.scope is Scope.JOB and subject.name not in jobs:
        known = ", ".join(jobs)
        raise UsageError(f"the configuration has no job {subject.name}; it has {known}")


def _back(
    desk: Desk, ledger: Ledger, subject: Subject, before: Sequence[Set], after: Sequence[Set]
) -> Sequence[Value]:
    """Return what is in force again, if the configuration was named."""
    if ledger.settings is None:
        return ()
    return changes(ledger.settings, before, after, _jobs_of(desk, subject))


def _jobs_of(desk: Desk, subject: Subject) -> list[str]:
    """Return the jobs that visit a host."""
    if subject.scope is not Scope.HOST:
        return []
    return [job.name for one in desk.entry(AboutHost(subject.name)) for job in one.jobs]


def _unchanged(
    subject: Subject, given: dict[str, object], values: Sequence[Value], before: Sequence[Set]
) -> Iterator[str]:
    """Yield a line for each option that is in force already, or that others stand above."""
    for option in given.keys() - {one.option for one in values}:
        above = [one for one in before if one.option == option and _is_narrower(one, subject)]
        names = ", ".join(f"{one.scope} {one.name}" for one in above)
        why = f"changes nothing: what is set for {names} counts more" if above else "is so already"
        yield f"{named(subject)}: {option} {why}"


def _is_narrower(one: Set, subject: Subject) -> bool:
    scopes = tuple(SETTABLE)
    return scopes.index(one.scope) > scopes.index(subject.scope.value)


def _word(subject: Subject, option: str, taken: int, after: Sequence[Set]) -> str:
    """Say what has become of an option that is no longer set for a subject."""
    others = [one for one in after if one.option == option]
    if not taken:
        word = "was not set"
    elif others:
        word = "is no longer set; what else is set of it counts: crawler wishes"
    else:
        word = "is as the file says"
    return f"{named(subject)}: {option} {word}"
