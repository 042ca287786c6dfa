"""The base of all sections of the configuration."""

from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

from crawler import plugins

plugins.pass_over_pydantic()

LIKE = "__like__"
"""What a model that was made has: the section whose options it has too."""


class Options(BaseModel):
    """A section: it never changes, an unknown key is an error; `descriptions` says what it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Bounds(Protocol):
    """A section with a shortest and a longest time, in seconds."""

    @property
    def min(self) -> float: ...
    @property
    def max(self) -> float: ...
    @property
    def model_fields_set(self) -> set[str]: ...


B = TypeVar("B", bound=Bounds)


def in_order(bounds: B) -> B:
    """See that the shortest time is not the longer one.

    Raises:
        ValueError: it is; the message says which of both stands in the file.
    """
    if bounds.min > bounds.max:
        least, most = (
            f"{name}, {value:g} s{'' if name in bounds.model_fields_set else ' by default'}"
            for name, value in (("min", bounds.min), ("max", bounds.max))
        )
        raise ValueError(f"{least}, is longer than {most}")
    return bounds


def overriding(model: type[Options]) -> type[BaseModel]:
    """Return a base of sections with the same options, each of which is None where it is absent."""
    fields: dict[str, Any] = {
        name: (
            field.rebuild_annotation() | None,
            Field(default=None),
        )
        for name, field in model.model_fields.items()
    }
    name = f"{model.__name__}Overrides"
    made: type[BaseModel] = create_model(name, __config__=ConfigDict(defer_build=True), **fields)
    setattr(made, LIKE, model)
    return made
