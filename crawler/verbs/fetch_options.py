"""The command line of `crawler fetch`."""

from pathlib import Path
from typing import Any

import click

from crawler.policy import naming
from crawler.verbs.importing import importing


@click.command()
@click.argument("urls", nargs=-1)
@click.option(
    "-i",
    "--input-file",
    type=click.Path(path_type=Path),
    help="Read URLs from a file; - is standard input.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder for the files; here by default.",
)
@click.option(
    "-m",
    "--max-req",
    type=click.IntRange(1, 20_000),
    default=64,
    show_default=True,
    help="Greenlets fetching at once.",
)
@click.option(
    "-l", "--limit", type=click.IntRange(1), help="Stop after the first N URLs of the lists."
)
@click.option(
    "--archive",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A ledger that is kept: what an earlier run stored is skipped.",
)
@click.option("-v", "--verbose", is_flag=True, help="A line for every URL instead of the bar.")
@click.option(
    "--json", "as_json", is_flag=True, help="A JSON object for every URL on standard output."
)
@click.option(
    "--path",
    default=naming.DEFAULT_TEMPLATE,
    show_default=True,
    help="Naming template of the files.",
)
@click.option(
    "--delay",
    default="0",
    show_default=True,
    help="Rest of a host between two visits, as in 500ms.",
)
@click.option(
    "--robots",
    type=click.Choice(["ignore", "obey"]),
    default="ignore",
    show_default=True,
    help="Whether robots.txt is obeyed.",
)
@click.option(
    "--attempts",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Visits before a URL is given up.",
)
@click.option(
    "--max-wait",
    default="5m",
    show_default=True,
    help="Longest wait that a host may ask for; 0 for none.",
)
@click.option("--timeout", default="10m", show_default=True, help="Longest time of one visit.")
@click.option("--max-size", default="1GiB", show_default=True, help="Longest body stored.")
def fetch(
    urls: tuple[str, ...],
    input_file: Path | None,
    output: Path,
    max_req: int,
    limit: int | None,
    archive: Path | None,
    *,
    verbose: bool,
    as_json: bool,
    delay: str,
    timeout: str,
    **options: Any,
) -> int:
    """Fetch URLs now, without a daemon: one shot, a progress bar, a report.

    URLs may hold curl's globs: {cn,in,us}, [001-100], [a-z].
    """
    if not urls and input_file is None:
        raise click.UsageError("name URLs, or a list of them with -i")
    with importing():
        from crawler.verbs import fetch as oneshot
        from crawler.verbs.report import Report

    options |= {
        "delay": "0s" if delay == "0" else delay,
        "timeout": {"total": timeout},
        "max_backoff": "1s",
        "give_up": 0,
    }
    report = Report("json" if as_json else "lines" if verbose else "bar")
    return oneshot.fetch(
        urls,
        input_file,
        output,
        options,
        report,
        max_req=max_req,
        limit=limit,
        max_wait=options.pop("max_wait"),
        archive=archive,
    )
