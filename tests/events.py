"""Every event that the package can log, with its levels and its fields, read from the source."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "crawler"
LEVELS = ("debug", "info", "warning", "error")


@dataclass
class Event:
    """What the calls that log an event have in common."""

    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


@cache
def events() -> dict[str, Event]:
    """Return the events by name; in a name that is composed, `SERVICE` stands for what varies."""
    functions = [node for tree in _trees() for node in _all(tree, ast.FunctionDef)]
    by_name = {function.name: function for function in functions}
    found: dict[str, Event] = {}
    for function in functions:
        for call in _all(function, ast.Call):
            if _logs(call):
                for name in _names(call.args[0], function):
                    event = found.setdefault(name, Event())
                    event.levels.add(call.func.attr)
                    event.fields |= _fields(call, by_name)
    found["log.dropped"] = Event({"warning"}, {"lines"})  # `lines` composes that line itself
    return found


def services() -> set[str]:
    """Return the names of the services that the supervisor starts anew."""
    calls = (call for tree in _trees() for call in _all(tree, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Service"
    }


@cache
def _trees() -> list[ast.Module]:
    return [ast.parse(file.read_text()) for file in sorted(PACKAGE.rglob("*.py"))]


def _all(tree: ast.AST, kind: type[ast.AST]) -> Iterator:
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def _logs(call: ast.Call) -> bool:
    receiver = ast.unparse(call.func).rpartition(".")[0]
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in LEVELS
        and receiver.rpartition(".")[2].strip("_") == "log"
    )


def _names(node: ast.expr, function: ast.FunctionDef) -> list[str]:
    """Return the texts that an event's name may be."""
    match node:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.JoinedStr(values=parts):
            return ["".join(p.value if isinstance(p, ast.Constant) else "SERVICE" for p in parts)]
        case ast.IfExp(body=one, orelse=other):
            return [*_names(one, function), *_names(other, function)]
        case ast.Name(id=variable):
            (value,) = [
                given.value
                for given in _all(function, ast.Assign)
                if isinstance(given.targets[0], ast.Name) and given.targets[0].id == variable
            ]
            return _names(value, function)
    raise AssertionError(f"what is logged by {ast.unparse(node)}?")


def _fields(call: ast.Call, functions: dict[str, ast.FunctionDef]) -> set[str]:
    found = set()
    for keyword in call.keywords:
        if keyword.arg:
            found.add("exception" if keyword.arg == "exc_info" else keyword.arg)
        else:  # **fields(…): the keys of the dict that the function returns
            assert isinstance(keyword.value, ast.Call), ast.unparse(call)
            returned = functions[ast.unparse(keyword.value.func)]
            found |= {
                key.value
                for end in _all(returned, ast.Return)
                if isinstance(end.value, ast.Dict)
                for key in end.value.keys
            }
    return found
