"""Types of options that are quantities: how each is read, and what the JSON Schema says of it."""

from typing import Annotated

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from crawler.config.checks import MAX_PROXIES, proxies
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
from crawler.policy.retry_rules import KINDS_SAID
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


def failure(value: object) -> str:
    """Return a status, a class of them or the kind of a failure in its one spelling.

    Raises:
        ValueError: it is none of them.
    """
    if isinstance(value, str) and value in KINDS_SAID:
        return str(value)
    try:
        return written(value)
    except ValueError:
        kinds = ", ".join(KINDS_SAID)
        raise ValueError(f"is neither a status, as 404 and 5xx are, nor one of {kinds}") from None


ProxyUrls = Annotated[
    str | tuple[str, ...],
    PlainValidator(proxies),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "maxItems": MAX_PROXIES,
                },
            ]
        }
    ),
]
"""A proxy, or several of them."""
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
Failure = Annotated[
    str,
    BeforeValidator(failure),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 200, "maximum": 999},
                {"type": "string", "pattern": f"^({PATTERN}|{'|'.join(KINDS_SAID)})$"},
            ]
        }
    ),
]
"""A status, a class of them, or the kind of a failure."""
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
