"""The verb `man`: a page of the manual for every verb, made of what its help says."""

from collections.abc import Iterator
from pathlib import Path

import click

from crawler import __version__
from crawler.verbs.shell.examples import EXAMPLES
from crawler.verbs.shell.roff import Page
from crawler.verbs.words import counted, print_lines

CODES = (
    ("0", "Done, or all well; of run: it drained."),
    ("1", "It failed, or what was asked is not so."),
    ("2", "The command line or the configuration is wrong."),
    ("3", "Of run: forced by a second signal. Of status --check: it cannot tell."),
)


def pages(root: click.Group) -> Iterator[tuple[str, str]]:
    """Yield the name of each page and its text: that of the program, and one for each verb."""
    ctx = click.Context(root, info_name="crawler", **root.context_settings)
    verbs = {name: root.get_command(ctx, name) for name in root.list_commands(ctx)}
    known = {name: verb for name, verb in verbs.items() if verb is not None}
    yield "crawler", str(_program(root, ctx, known))
    for name, verb in known.items():
        yield f"crawler-{name}", str(_verb(name, verb, ctx))


def _program(root: click.Group, ctx: click.Context, verbs: dict[str, click.Command]) -> Page:
    page = Page("crawler", __version__)
    page.named(_short(root))
    page.section("SYNOPSIS")
    page.bold("crawler", " ".join(root.collect_usage_pieces(ctx)))
    page.section("DESCRIPTION")
    page.say(root.help or "")
    page.section("COMMANDS")
    page.items((f"crawler-{name}(1)", f"{_short(verb)}.") for name, verb in verbs.items())
    _options(page, root, ctx)
    page.section("EXIT STATUS")
    page.items(CODES)
    page.section("ENVIRONMENT")
    page.items([("CRAWLER_CONFIG", "The configuration, where no -c names one.")])
    return page


def _verb(name: str, verb: click.Command, parent: click.Context) -> Page:
    page, ctx = Page(f"crawler-{name}", __version__), click.Context(verb, parent, info_name=name)
    page.named(_short(verb))
    page.section("SYNOPSIS")
    page.bold(f"crawler {name}", " ".join(verb.collect_usage_pieces(ctx)))
    page.section("DESCRIPTION")
    page.say(verb.help or "")
    _options(page, verb, ctx)
    page.section("EXAMPLES")
    page.typed(EXAMPLES.get(name, ()))
    page.section("SEE ALSO")
    page.lines.append(".BR crawler (1)")
    return page


def _options(page: Page, command: click.Command, ctx: click.Context) -> None:
    page.section("OPTIONS")
    page.items(
        record for one in command.get_params(ctx) if (record := one.get_help_record(ctx))
    )  # fmt: skip


def _short(command: click.Command) -> str:
    """Return what a command is for, in the few words after its name, without the full stop."""
    return " ".join(command.get_short_help_str(limit=200).split()).rstrip(".")


def man(ctx: click.Context, /, *, folder: Path) -> None:
    """Do what `crawler man` says; its options are in `crawler/verbs/commands/`."""
    root = ctx.find_root().command
    assert isinstance(root, click.Group)
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for name, text in pages(root):
        (folder / f"{name}.1").write_text(text, encoding="utf-8")
        written += 1
    print_lines([f"{folder}: {counted(written, 'page')}, from crawler.1"])
