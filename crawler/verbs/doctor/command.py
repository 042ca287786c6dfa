"""The verb itself: its options, its lines, its exit code."""

from dataclasses import asdict
from pathlib import Path

import click

from crawler.policy.findings import Finding, exit_code
from crawler.verbs.importing import importing
from crawler.verbs.ledger import Ledger
from crawler.verbs.words import as_json, print_lines


def doctor(ledger: Ledger, *, supervisord: Path | None, deep: bool, as_json_: bool) -> int:
    """Do what `crawler doctor` says; its options are in `crawler/verbs/commands/`."""
    with importing():
        from crawler.verbs.doctor.examination import examined

    settings, found = ledger.settings, []
    assert settings is not None  # it is what is examined
    file: Path = click.get_current_context().params["file"]
    for one in examined(settings, file, supervisord, deep=deep):
        found.append(one)
        if not as_json_:
            print_lines([_line(one)], ledger.mask)
    code = exit_code(found)
    if as_json_:
        told = {"well": not code, "findings": [asdict(one) for one in found]}
        click.echo(as_json(told, ledger.mask, indent=2))
    return code


def _line(one: Finding) -> str:
    remedy = f"; {one.remedy}" if one.remedy else ""
    return f"{one.level:<5} {one.check:<13} {one.found}{remedy}"
