"""Types of options that are quantities: how each is read, and what the JSON Schema says of it."""

from typing import Annotated

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from crawler.config.quantities import (
    A_DURATION,
    A_SHARE,
    A_SIZE,
    SOME_VERSIONS,
    Speed,
    duration,
    share,
    size,
    speed,
    versions,
)
from crawler.policy.statuses import PATTERN, written
from crawler.state_address import NO_STATE, StateAddress, state_address


def state(value: object) -> StateAddress:
    """Return where a ledger is; no message repeats what was written.

    Raises:
        ValueError: it is neither a path nor the URL of a server.
    """
    if isinstance(value, StateAddress):
        return value
    if not isinstance(value, str):
        raise ValueError(NO_STATE)  # noqa: TRY004  pydantic takes it for what is odd
    return state_address(value)


State = Annotated[StateAddress, PlainValidator(state), WithJsonSchema({"type": "string"})]

Status = Annotated[
    str,
    BeforeValidator(written),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 200, "maximum": 999},
                {"type": "string", "pattern": f"^{PATTERN}$"},
            ]
        }
    ),
]
"""A status or a class of them, as `404`, `5xx` or `52x`."""
Share = Annotated[
    float,
    BeforeValidator(share),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{A_SHARE.pattern}$"},
                {"type": "number", "minimum": 0, "maximum": 1},
            ]
        }
    ),
]
Versions = Annotated[
    int,
    BeforeValidator(versions),
    WithJsonSchema({"type": "string", "pattern": f"^(replace|{SOME_VERSIONS.pattern})$"}),
]
MinSpeed = Annotated[
    Speed,
    BeforeValidator(speed),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": "/s over "}, {"const": 0}]}),
]
Duration = Annotated[
    float,
    BeforeValidator(duration),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": f"^{A_DURATION.pattern}$"}, {"const": 0}]}
    ),
]
Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{A_SIZE.pattern}$"},
                {"type": "integer", "minimum": 0},
            ]
        }
    ),
]
