"""Dataclasses that are made quickly, and take little of a start.

Python compiles six methods for a dataclass that is frozen and hashed, which takes four times as
long as `__init__` alone; there are two hundred values. `__init__` is compiled with the first value
that is made: a verb makes a few of those that it loads.
"""

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields, make_dataclass
from operator import attrgetter
from typing import Any, TypeVar, cast, dataclass_transform

V = TypeVar("V")
Fields = tuple[Field[Any], ...]
Method = Callable[..., Any]


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[V]) -> type[V]:
    """Make a slotted dataclass that only the type checker holds frozen.

    A dozen are made for every visit; one frozen at run time takes three times as long to make.
    Values of one class are equal, and hash alike, where their fields do.
    """
    return _made(cls, hashed=True)


@dataclass_transform(field_specifiers=(field,))
def mutable(cls: type[V]) -> type[V]:
    """Make a slotted dataclass whose fields may change: equal as values are, and without a hash."""
    return _made(cls, hashed=False)


def _made(cls: type[V], *, hashed: bool) -> type[V]:
    made = dataclass(slots=True, init=False, eq=False, repr=False)(cls)
    for name, method in (("__init__", _begun(made)), *_methods(fields(made))):  # type: ignore[arg-type]
        if name not in vars(cls):
            setattr(made, name, method if hashed or name != "__hash__" else None)
    return made


def _begun(made: type) -> Method:
    """Return an `__init__` that puts the compiled one in its place when it is first called."""

    def begin(self: Any, /, *values: Any, **named: Any) -> None:
        made.__init__ = compiled = _compiled(made)  # type: ignore[misc]
        compiled(self, *values, **named)

    return begin


def _compiled(made: Any) -> Method:
    """Return the `__init__` of a dataclass with the same fields: any thread may ask, and twice."""
    like = {
        name: getattr(made, name) for name in ("__doc__", "__post_init__") if hasattr(made, name)
    }
    found = [(one.name, one.type, one) for one in fields(made)]
    twin: Any = make_dataclass(made.__qualname__, found, namespace=like, eq=False, repr=False)
    return cast("Method", twin.__init__)


def _methods(found: Fields) -> tuple[tuple[str, Method], ...]:
    names = [one.name for one in found if one.compare]
    get: Method = attrgetter(*names) if names else lambda _: ()

    def equals(self: Any, other: object) -> bool:
        return NotImplemented if other.__class__ is not self.__class__ else get(self) == get(other)

    def hashes(self: Any) -> int:
        return hash(get(self))

    return ("__eq__", equals), ("__hash__", hashes), ("__repr__", _text(found))


def _text(found: Fields) -> Method:
    names = [one.name for one in found if one.repr]

    def text(self: Any) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({told})"

    return text
