"""The command line beside the API: what is not in it stands here by name, with the reason."""

import click

from crawler.cli import cli
from crawler.web.api.operations import OPERATIONS, PREFIX, Operation

ELSEWHERE = {
    "audit": "reads all files of the output folder, for hours, and mends them",
    "backup": "writes a file of this machine, wherever its words say",
    "check": "judges a configuration before it is in force, whatever file that is",
    "completion": "prints what a shell loads",
    "demo": "runs a daemon of its own in a terminal",
    "doctor": "examines a machine, and the supervisord of it, as the user who types it",
    "fetch": "fetches without a daemon, into a folder of who types it",
    "man": "writes files of this machine",
    "migrate": "changes the form of the ledger while no daemon is at work",
    "move": "writes another ledger while no daemon is at work",
    "run": "is the daemon",
    "schema": "prints what an editor loads",
    "tail": "follows files of this machine in a terminal",
    "top": "is a screen; /api/v1/events tells the same",
    "watchdog": "is a program of supervisord",
    "web": "is this server",
}
"""Verbs that the API has not."""
OTHERWISE = {
    "export": ("urls", {"style": "it is JSON", "unmasked": "secrets never leave by HTTP"}),
}
"""Verbs that the API has by another name, and what of their options it has not."""
FINDS = {"file", "state", "as_json_", "help"}
"""Options that the server answers for itself."""


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    assert all(found.values())
    return found


def by_verb() -> dict[str, Operation]:
    """Return the operations by their verbs, without those that answer a part of one."""
    return {one.command.name: one for one in OPERATIONS if one.pick is None}


def options(command: click.Command) -> set[str]:
    return {one.name for one in command.params} - FINDS


def test_every_verb_is_an_operation_or_is_named_here_with_the_reason():
    assert {*by_verb(), *OTHERWISE, *ELSEWHERE} - {"urls", "samples"} == {*commands()}
    assert not {*by_verb()} & ({*OTHERWISE} | {*ELSEWHERE})
    assert all(ELSEWHERE.values())


def test_every_option_of_a_verb_is_a_word_of_its_operation():
    found = commands()
    for name, operation in by_verb().items():
        if name in found:
            words = {word.parameter.name for word in operation.words}
            assert words == options(found[name]), name
    for name, (other, left_out) in OTHERWISE.items():
        words = {word.parameter.name for word in by_verb()[other].words}
        assert options(found[name]) - {*left_out} <= words, name


def test_what_acts_is_a_post_of_the_name_of_its_verb_and_what_asks_is_a_get():
    for one in OPERATIONS:
        assert one.acts == (one.path == f"{PREFIX}/{one.command.name}" and changes(one))


def changes(operation: Operation) -> bool:
    """Tell whether a verb changes something: of those in the API, what does has a --dry-run."""
    options_ = {name for one in operation.command.params for name in one.opts}
    return "--dry-run" in options_ or operation.command.name == "unset"
