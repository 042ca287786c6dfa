"""Old and new values of options that a change concerns, for people; nothing that may be secret.

Numbers, durations, words and paths are told. Texts such as headers, URLs and commands are not: a
secret may be anywhere in them.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

from crawler.config import Settings
from crawler.config.options import Options
from crawler.config.quantities import Speed, duration
from crawler.model import Seconds
from crawler.sources.contract import readable

MAX_VALUES = 20
"""Values of one reload that are told."""
_TOLD_TEXTS = frozenset({"path", "robots_token", "hours", "cron", "timezone", "until"})
"""Options whose texts hold no secret."""
_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


class Value(NamedTuple):
    """An option that differs."""

    section: str
    """A job, `crawler`, or `hosts.` and the name of a host."""
    option: str
    words: str
    """`1s → 5s`, old and new; '' where they are not told."""


def changed_values(old: Settings, new: Settings) -> list[str]:
    """Return the values that differ, as `told` has them."""
    return told(values_of(old, new))


def told(values: Iterable[Value]) -> list[str]:
    """Return values as `JOB.delay: 1s → 5s`, MAX_VALUES at the most."""
    found = [f"{one.section}.{one.option}: {one.words}" for one in values if one.words]
    more = len(found) - MAX_VALUES
    return [*found[: MAX_VALUES - 1], f"and {more + 1} more"] if more > 0 else found


def values_of(old: Settings, new: Settings) -> Iterator[Value]:
    """Yield what differs of the daemon, of jobs that both have, and of hosts."""
    jobs = {job.name: job for job in old.jobs}
    sections = [
        ("crawler", old.crawler, new.crawler),
        *((job.name, jobs[job.name], job) for job in new.jobs if job.name in jobs),
        *((f"hosts.{one}", old.hosts.get(one), new.hosts.get(one)) for one in _both(old, new)),
    ]
    for section, before, after in sections:
        for option, words in _of("", before, after):
            yield Value(section, option, words)


def _both(old: Settings, new: Settings) -> list[str]:
    return list(dict.fromkeys((*old.hosts, *new.hosts)))


def _of(name: str, old: Options | None, new: Options | None) -> Iterator[tuple[str, str]]:
    """Yield what differs between two sections of one kind; one that is not there is `none`."""
    section = new if old is None else old
    if section is None or old == new:
        return
    for option, field in type(section).model_fields.items():
        before, after = getattr(old, option, None), getattr(new, option, None)
        if before != after:
            marks = (field.annotation, *field.metadata)
            yield from _difference(f"{name}{option}", before, after, marks)


def _difference(name: str, old: Any, new: Any, marks: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    """Yield how an option differs that has these marks of its type."""
    sections = [one if isinstance(one, Options) else None for one in (old, new)]
    if any(sections):
        yield from _of(f"{name}.", *sections)
    else:
        tell = _teller(name.rpartition(".")[2], list(_parts(marks)))
        yield name, f"{_told(old, tell)} → {_told(new, tell)}" if tell else ""


def _teller(option: str, parts: list[Any]) -> Callable[[Any], str] | None:
    """Return what makes a text of the values of an option, None where they are not told."""
    origins = {get_origin(one) for one in parts}
    if duration in (getattr(one, "func", None) for one in parts):
        return _span
    if {dict, tuple, list} & origins:
        return None
    if Path in parts:
        return lambda path: readable(str(path))
    is_text = str in parts and Literal not in origins
    return _word if not is_text or option in _TOLD_TEXTS else None


def _parts(marks: tuple[Any, ...]) -> Iterator[Any]:
    """Yield marks of a type, and all that they are made of."""
    for one in marks:
        yield one
        yield from getattr(one, "__metadata__", ())
        if get_origin(one) is not Literal:
            yield from _parts(get_args(one))


def _told(value: Any, tell: Callable[[Any], str]) -> str:
    return "none" if value is None else tell(value)


def _word(value: Any) -> str:
    if isinstance(value, Speed):
        return f"{value.bytes_s:g}B/s over {_span(value.window_s)}" if value.bytes_s else "0"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _span(seconds: Seconds) -> str:
    """Return a duration as operators write it: `1h30m`, `500ms`."""
    if seconds != round(seconds) or not seconds:
        return f"{seconds * 1000:g}ms" if seconds else "0"
    text, left = "", round(seconds)
    for unit, length in _UNITS:
        number, left = divmod(left, length)
        text += f"{number}{unit}" if number else ""
    return text
