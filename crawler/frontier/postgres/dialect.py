"""From a statement of `crawler.frontier.sql` to PostgreSQL's. Pure.

Those are in SQLite's dialect. What differs in both is changed here, word by word:

1. `?` and `:name` are parameters; `temp.` is the schema of temporary tables.
2. `CROSS JOIN x ON` is a join: it keeps SQLite's planner from another order.
3. `INSERT OR IGNORE` is one that leaves out what is there.
4. `IS ?` compares with a value that may be NULL.
5. `json_each(?)` makes rows of numbers, `json_each(/* texts */ ?)` of texts.
6. A subquery in FROM has a name; so PostgreSQL wants it up to version 15.
7. `IN (/* few */ SELECT …)` compares with an array, `EXISTS (/* each */ SELECT …)` is asked row by
   row: so that one goes from the few rows to the many, whatever the planner believes of these.
8. `/* free */` takes the hosts that no other transaction has, and locks them.
9. REAL has eight bytes; 9e999 is infinity.

Functions that SQLite alone has stand in `functions`. What is not here, the statements do not use.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

_TOKEN = re.compile(
    r"'(?:[^']|'')*'"  # a text
    r'|"[^"]*"'  # a name
    r"|--[^\n]*"
    r"|::"
    r"|:[A-Za-z_]\w*"
    r"|/\*.*?\*/"
    r"|[A-Za-z_]\w*"
    r"|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
    r"|\s+"
    r"|.",
    re.DOTALL,
)
_MARK = re.compile(r"%\((\w+)\)s")
_IGNORE = "OR IGNORE"
_WORDS = {
    "temp": "pg_temp", "fail": "", "real": "double precision",
    "9e999": "'infinity'::double precision",
}  # fmt: skip
_ENDS = frozenset({
    "where", "group", "order", "union", "cross", "join", "left", "limit", "having", "returning",
    "set", "window", "except", "intersect",
})  # fmt: skip
"""Words that cannot be the name of a subquery, nor stand between a join and its ON."""


@lru_cache(maxsize=1024)
def translated(sql: str) -> str:
    """Return a statement as psycopg takes it."""
    tokens = [one for one in _TOKEN.findall(sql) if not one.startswith("--")]
    return "".join(_named(_joined(_worded(_marked(tokens))))).strip()


def numbered(sql: str, names: Sequence[str]) -> str:
    """Return a statement as the body of a function has it: with its parameters by place."""
    text = translated(sql).replace("%%", "%")
    return _MARK.sub(lambda match: f"${names.index(match[1]) + 1}", text)


def _marked(tokens: list[str]) -> list[str]:
    """Choose the functions that stand for `json_each`."""
    text = "".join(tokens)
    for kind in ("text", "pair"):
        text = text.replace(f"json_each(/* {kind}s */", f"each_{kind}(")
    text = text.replace("json_each(", "each_number(")
    return _hinted(_TOKEN.findall(text))


def _hinted(tokens: list[str]) -> list[str]:
    """Have subqueries run as their hints say."""
    found: list[str] = []
    ends: list[str] = []
    for one in tokens:
        if one == "/* few */":
            _array(found)
            ends[-1] = "))"
        elif one == "/* free */":
            found.append(" FOR NO KEY UPDATE OF host SKIP LOCKED")
        elif one == "/* each */":
            ends[-1] = " OFFSET 0)"
        elif one == ")":
            found.append(ends.pop())
        else:
            found.append(one)
            if one == "(":
                ends.append(")")
    return found


def _array(found: list[str]) -> None:
    """Make of the `IN (` that stands last an array's beginning."""
    while found[-1].lower() != "in":
        found.pop()
    found[-1] = "= ANY (ARRAY("


def _worded(tokens: list[str]) -> list[str]:
    """Replace words and parameters."""
    found = [_word(tokens, at) for at in range(len(tokens))]
    return _ignored(found) if _IGNORE in found else found


def _word(tokens: list[str], at: int) -> str:
    """Return what stands for a token."""
    one, word = tokens[at], tokens[at].lower()
    if one == "?":
        return "%s"
    if _is_parameter(one):
        return f"%({one[1:]})s"
    if word == "or" and _next(tokens, at) == "ignore":
        return _IGNORE
    if word == "ignore" or (word == "or" and _next(tokens, at) == "fail"):
        return ""
    if word == "is" and _next(tokens, at)[:1] in {":", "?"}:
        return "IS NOT DISTINCT FROM"
    return _WORDS.get(word, one).replace("%", "%%")


def _is_parameter(token: str) -> bool:
    return token[0] == ":" and token[1:].isidentifier()


def _ignored(tokens: list[str]) -> list[str]:
    """Leave out rows that are there, before what is returned."""
    at = next((i for i, one in enumerate(tokens) if one.lower() == "returning"), len(tokens))
    kept = [one for one in tokens[:at] if one != _IGNORE]
    return [*kept, " ON CONFLICT DO NOTHING ", *tokens[at:]]


def _next(tokens: list[str], at: int) -> str:
    """Return the next token that is no blank, in small letters."""
    return next((one.lower() for one in tokens[at + 1 :] if not one.isspace()), "")


def _before(tokens: list[str], at: int) -> str:
    return next((one.lower() for one in reversed(tokens[:at]) if not one.isspace()), "")


def _joined(tokens: list[str]) -> list[str]:
    """Make a CROSS JOIN with a condition a JOIN."""
    found = list(tokens)
    for at, one in enumerate(tokens):
        if one.lower() == "cross" and _has_condition(tokens, at):
            found[at] = ""
    return found


def _has_condition(tokens: list[str], at: int) -> bool:
    depth, seen = 0, False
    for one in tokens[at + 1 :]:
        word = one.lower()
        if not seen:
            seen = word == "join"
        elif word in {"(", ")"}:
            depth += 1 if word == "(" else -1
            if depth < 0:
                return False
        elif depth == 0 and word in {"on", "using"}:
            return True
        elif depth == 0 and word in _ENDS:
            return False
    return False


def _named(tokens: list[str]) -> list[str]:
    """Name the subqueries in FROM that have no name."""
    found: list[str] = []
    opened: list[bool] = []
    for at, one in enumerate(tokens):
        found.append(one)
        if one == "(":
            opened.append(
                _before(tokens, at) in {"from", "join"}
                and _next(tokens, at) in {"select", "values", "with"}
            )
        elif one == ")" and opened and opened.pop() and _is_nameless(_next(tokens, at)):
            found.append(f" AS nameless_{at}")
    return found


def _is_nameless(following: str) -> bool:
    """Tell whether what follows a subquery is not its name."""
    return following in _ENDS or not following[:1].isalpha() or following == "on"
