"""A verb is declared apart from what it does: both have the same options."""

import inspect

import click
import pytest

from crawler.cli import HOMES, cli
from crawler.verbs.commands.declaring import answers_of, finder_of, loaded
from crawler.verbs.ledger import configured_ledger, ledger_asked, ledger_of

CONTEXT = click.Context(cli)
FOUND = {"file", "state"}
"""Options by which a verb finds its ledger."""
DECLARED = {
    name: verb
    for name in HOMES
    if (verb := cli.get_command(CONTEXT, name)) and hasattr(verb.callback, "place")
}
ANSWERS = {name: verb for name, verb in DECLARED.items() if hasattr(verb.callback, "answers")}


def names(function):
    """Return the options that a function takes by name, and whether it takes any."""
    found = inspect.signature(function).parameters.values()
    named = {one.name for one in found if one.kind is not one.VAR_KEYWORD}
    return named, any(one.kind is one.VAR_KEYWORD for one in found)


def check(function, given):
    """See that a function takes what it is given."""
    named, takes_more = names(function)
    assert given <= named or takes_more, given - named
    assert named <= given


@pytest.mark.parametrize("name", DECLARED)
def test_what_a_verb_is_declared_with_is_what_its_function_takes(name):
    verb = DECLARED[name]
    given = {one.name for one in verb.params}
    if hasattr(verb.callback, "finds"):
        assert finder_of(verb) in {ledger_of, ledger_asked, configured_ledger}
        given = given - FOUND | {"ledger"}
    if getattr(verb.callback, "answers", "") == verb.callback.place:
        given -= {"as_json_"}
    if name in {"man", "completion"}:
        given |= {"ctx"}
    check(loaded(verb.callback.place), given)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_function_that_answers_takes_the_same_but_for_how_it_is_printed(name):
    verb = ANSWERS[name]
    given = {one.name for one in verb.params} - FOUND - {"as_json_"} | {"ledger"}
    check(answers_of(verb), given)


def test_a_verb_that_is_declared_says_in_its_help_what_it_does():
    for name in HOMES:
        verb = cli.get_command(CONTEXT, name)
        assert verb is not None
        assert verb.help, name
