"""What all sections of the configuration have in common."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from crawler.config.units import Duration


class Options(BaseModel):
    """A section: it never changes, an unknown key is an error, and docstrings are descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Bounds(Options):
    """A shortest and a longest time, in this order."""

    min: Duration
    max: Duration

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            least, most = (
                f"{name}, {value:g} s{'' if name in self.model_fields_set else ' by default'}"
                for name, value in (("min", self.min), ("max", self.max))
            )
            raise ValueError(f"{least}, is longer than {most}")
        return self


def overriding(model: type[Options]) -> type[Options]:
    """Return a section with the same options, of which each may be absent: it is None then."""
    fields: dict[str, Any] = {
        name: (
            field.rebuild_annotation() | None,
            Field(default=None, description=field.description),
        )
        for name, field in model.model_fields.items()
    }
    return create_model(f"{model.__name__}Overrides", __base__=Options, **fields)
