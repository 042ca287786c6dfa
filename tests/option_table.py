"""The tables of options in docs/configuration.md, made of the settings' own docstrings.

`python -m tests.option_table` writes them; a test holds the file against them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crawler import __version__
from crawler.config import Settings, units

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
COMMAND = "python -m tests.option_table"
_MARKED = r"(<!-- options: {} -->\n).*?(<!-- end -->)"

_WORDS: list[tuple[Any, str]] = [
    (units.Duration, "duration"), (units.Size, "size"), (units.MinSpeed, "speed"),
    (units.Versions, "`replace`, `keep N versions`"), (bool, "`true`, `false`"), (int, "number"),
    (float, "number"), (Path, "path"), (str, "text"),
]  # fmt: skip
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
            (
                row
                for row in _rows(host, "hosts.*.")
                if row[0].strip("`").split(".")[2] not in job.model_fields
            ),
        ),
    }


_HEAD = ["values", "default", "meaning"]


def _also(name: str, defaults: set[str], hosts: set[str]) -> str:
    named = [("`job_defaults`", defaults), ("`hosts`", hosts)]
    return ", ".join(word for word, names in named if name in names)


def _rows(model: type[BaseModel], prefix: str) -> Iterator[list[str]]:
    hints = get_type_hints(model, include_extras=True)
    own = set(model.__annotations__)
    fields = sorted(model.model_fields.items(), key=lambda item: item[0] not in own)
    for name, field in fields:
        inner = _model(field.annotation)
        if inner is None or NoneType in get_args(field.annotation):
            assert field.description, f"{model.__name__}.{name} has no docstring"
            meaning = " ".join(field.description.split()).replace("|", "\\|")
            values = "the options below, or `null`" if inner else _values(hints[name], field)
            yield [f"`{prefix}{name}`", values, _default(hints[name], field), meaning]
        if inner:
            yield from _rows(inner, f"{prefix}{name}.")


def _model(annotation: Any) -> type[BaseModel] | None:
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _values(hint: Any, field: FieldInfo) -> str:
    """Say which values there are, as an operator writes them."""
    return _of(hint) + _bounds([*field.metadata, *_metadata(hint)])


def _of(hint: Any) -> str:
    for kind, word in _WORDS:
        if hint == kind:
            return word
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if origin is tuple:
        return f"list of {_of(inner[0])}s"
    if origin is dict:
        return f"mapping of {_of(inner[0])} to {_of(inner[1])}"
    if hasattr(hint, "__metadata__"):
        is_url = any("https?" in str(getattr(one, "metadata", "")) for one in hint.__metadata__)
        return "URL" if is_url else _of(hint.__origin__)
    assert inner, hint
    return " or ".join(dict.fromkeys(_of(one) for one in inner if one is not NoneType))


def _metadata(hint: Any) -> list[Any]:
    return [
        found for one in get_args(hint) for found in getattr(one, "__metadata__", ())
    ]  # fmt: skip


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
    kinds = (hint, *get_args(hint))
    if isinstance(value, bool):
        return str(value).lower()
    if units.Versions in kinds:
        assert value == units.versions("replace")
        return "replace"
    if units.Duration in kinds:
        return _in_units(value, _DURATIONS, units.duration)
    if units.Size in kinds:
        return _in_units(value, _SIZES, units.size)
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
