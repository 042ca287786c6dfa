"""The tables of options in docs/configuration.md, made of the settings' own docstrings.

`python -m tests.option_table` writes them; a test holds the file against them.
"""

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crawler import __version__
from crawler.config import Settings, units
from crawler.config.descriptions import descriptions

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
COMMAND = "python -m tests.option_table"
_MARKED = r"(<!-- options: {} -->\n).*?(<!-- end -->)"

_READ = {
    units.duration: "duration", units.size: "size", units.speed: "speed",
    units.versions: "`replace`, `keep N versions`", units.share: "share",
    units.state: "path or `postgresql://` URL", units.written: "HTTP status code",
    units.failure: "HTTP status code or kind",
}  # fmt: skip
"""Words for values by the function that reads them."""
_PLAIN = {bool: "`true`, `false`", int: "number", float: "number", Path: "path", str: "text"}
_DURATIONS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1), ("ms", 0.001))
_SIZES = (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024))


def tables() -> dict[str, str]:
    """Return the tables by name: the daemon's options, a job's, and those that only hosts have."""
    sections = Settings.model_fields
    crawler = _model(sections["crawler"].annotation)
    (job,) = (one for one in get_args(sections["jobs"].annotation) if one is not ...)
    defaults = set(_model(sections["job_defaults"].annotation).model_fields)
    host = get_args(sections["hosts"].annotation)[1]
    return {
        "crawler": _table(["key", *_HEAD], _rows(crawler, "crawler.")),
        "jobs": _table(
            ["key", "also in", *_HEAD],
            (
                [key, _also(key.strip("`").split(".")[1], defaults, set(host.model_fields)), *rest]
                for key, *rest in _rows(job, "jobs[].")
            ),
        ),
        "hosts": _table(
            ["key", *_HEAD],
            _rows(host, "hosts.*.", without=set(job.model_fields)),
        ),
    }


_HEAD = ["values", "default", "meaning"]


def _also(name: str, defaults: set[str], hosts: set[str]) -> str:
    named = [("`job_defaults`", defaults), ("`hosts`", hosts)]
    return ", ".join(word for word, names in named if name in names)


def _rows(
    model: type[BaseModel], prefix: str, without: Collection[str] = ()
) -> Iterator[list[str]]:
    hints = get_type_hints(model, include_extras=True)
    own = set(model.__annotations__)
    for name, field in sorted(model.model_fields.items(), key=lambda item: item[0] not in own):
        if name in without:
            continue
        hint = hints[name]
        inner = _model(hint)
        if inner and get_origin(hint) is dict:
            yield [f"`{prefix}{name}`", _listed(hint), "none", _meaning(model, name)]
            yield from _rows(inner, f"{prefix}{name}.*[].")
            continue
        if inner is None or NoneType in _within(hint):
            meaning = _meaning(model, name)
            values = "the options below, or `null`" if inner else _values(hint, field)
            yield [f"`{prefix}{name}`", values, _default(hint, field), meaning]
        if inner:
            yield from _rows(inner, f"{prefix}{name}.")


def _meaning(model: type[BaseModel], name: str) -> str:
    text = descriptions(model).get(name)
    assert text, f"{model.__name__}.{name} has no docstring"
    return " ".join(text.split()).replace("|", "\\|")


def _listed(hint: Any) -> str:
    """Say which values a mapping of words to lists of sections has."""
    return f"mapping of {_of(get_args(hint)[0])} to lists of the options below"


def _within(hint: Any) -> Iterator[Any]:
    """Yield a type and all types that it is made of."""
    yield hint
    for inner in get_args(hint):
        yield from _within(inner)


def _model(hint: Any) -> type[BaseModel] | None:
    models = (one for one in _within(hint) if isinstance(one, type) and issubclass(one, BaseModel))
    return next(models, None)


def _values(hint: Any, field: FieldInfo) -> str:
    """Say which values there are, as an operator writes them."""
    marks = [mark for one in _within(hint) for mark in getattr(one, "__metadata__", ())]
    return _of(hint) + _bounds([*field.metadata, *marks])


def _of(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if not inner or _reader(hint):
        return _READ.get(_reader(hint)) or _PLAIN[hint]
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if origin is tuple:
        return f"list of {_of(inner[0])}s"
    if origin is dict:
        return f"mapping of {_of(inner[0])} to {_of(inner[1])}"
    if origin is Annotated:
        is_url = any("https?" in str(getattr(one, "metadata", "")) for one in hint.__metadata__)
        return "URL" if is_url else _of(inner[0])
    return " or ".join(dict.fromkeys(_of(one) for one in inner if one is not NoneType))


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """Return the function that reads a value as an operator writes it."""
    readers = (getattr(mark, "func", None) for mark in getattr(hint, "__metadata__", ()))
    return next((read for read in readers if read in _READ), None)


def _bounds(metadata: list[Any]) -> str:
    least = next((one.ge for one in metadata if isinstance(one, Ge)), None)
    most = next((one.le for one in metadata if isinstance(one, Le)), None)
    above = next((one.gt for one in metadata if isinstance(one, Gt)), None)
    if most is not None:
        lower = f"{least:,}" if least is not None else f"above {above:,}"
        return f", {lower} to {most:,}"
    if least is not None:
        return f", {least:,} or more"
    return ", more than 0" if above is not None else ""


def _default(hint: Any, field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ({}, (), ""):
        return "none"
    if isinstance(value, BaseModel):
        return "those below"
    return f"`{_written(hint, value)}`".replace(f"crawlerd/{__version__}", "crawlerd/VERSION")


def _written(hint: Any, value: Any) -> str:
    """Return a value as an operator writes it, and see that it is read back as the same."""
    if isinstance(value, bool):
        return str(value).lower()
    read = next(filter(None, map(_reader, _within(hint))), None)
    if read is units.versions:
        assert value == read("replace")
        return "replace"
    if read is units.duration:
        return _in_units(value, _DURATIONS, read)
    if read is units.size:
        return _in_units(value, _SIZES, read)
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _in_units(value: float, factors: Any, read: Any) -> str:
    written = ["0"] if value == 0 else []
    written += [f"{value / factor:g}{unit}" for unit, factor in factors if value >= factor]
    text = next(one for one in written if re.match(r"\d+[A-Za-z]*$", one))
    assert read(0 if text == "0" else text) == value
    return text


def _table(head: list[str], rows: Iterator[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def written(text: str) -> str:
    """Return a page with its tables as they should be."""
    for name, table in tables().items():
        pattern = re.compile(_MARKED.format(name), re.DOTALL)
        text, found = pattern.subn(lambda at, table=table: at[1] + table + at[2], text)
        assert found == 1, f"{PAGE} has no place for the options of {name}"
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
