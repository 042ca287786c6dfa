"""What is said of options: the text after each, which editors and tables show.

It is read from the source when somebody asks. Pydantic would read it at every start, which takes a
third of what the models take.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from crawler.config.options import LIKE
from crawler.config.problems import models_of


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return what is said of the options of a section, by their names."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if base is not BaseModel and issubclass(base, BaseModel):
            like = vars(base).get(LIKE)
            found |= descriptions(like) if like else _said(base)
    return found


def describe(schema: dict[str, Any], whole: type[BaseModel]) -> None:
    """Put what is said of the options of a model and of its sections into their JSON Schema."""
    defined = schema["$defs"]
    for model in {whole, *_sections(whole)}:
        properties = (schema if model is whole else defined[model.__name__])["properties"]
        for option, text in descriptions(model).items():
            name = model.model_fields[option].alias or option
            properties[name] = dict(sorted({**properties[name], "description": text}.items()))


def _sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for field in model.model_fields.values():
        for section in models_of(field.annotation):
            yield section
            yield from _sections(section)


def _said(model: type[BaseModel]) -> dict[str, str]:
    form = _forms(model.__module__)[model.__name__]
    return {
        option.target.id: inspect.cleandoc(text.value.value)
        for option, text in pairwise(form.body)
        if isinstance(option, ast.AnnAssign)
        and isinstance(option.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


@cache
def _forms(module: str) -> dict[str, ast.ClassDef]:
    """Return the classes of a module as they are written."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}
