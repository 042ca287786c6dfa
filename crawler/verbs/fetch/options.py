"""The options of `crawler fetch`, as data: names from curl and wget where these mean one thing.

None is the value of an option that was not typed. Nothing of the crawler is loaded here: this is
what `--help` takes.
"""

from pathlib import Path
from typing import Any

import click


def _option(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, **{"default": None, **attributes})


def _flag(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, is_flag=True, **attributes)


_FILE = click.Path(path_type=Path, dir_okay=False)

LISTS: tuple[click.Parameter, ...] = (
    click.Argument(["urls"], nargs=-1),
    _option("-i", "--input-file", type=_FILE, metavar="FILE",
            help="Read URLs from a file; - is standard input."),
    _option("-l", "--limit", type=click.IntRange(1), help="Stop after the first N URLs."),
    _option("--config", type=_FILE, metavar="FILE", help="A configuration, for --job."),
    _option("--job", metavar="NAME", help="Fetch with the options of this job of --config."),
)  # fmt: skip
"""What is fetched."""

REQUEST: tuple[click.Parameter, ...] = (
    _option("-H", "--header", multiple=True, metavar="LINE",
            help="A request header, 'Name: value'; @FILE has one a line."),
    _option("-A", "--user-agent", metavar="TEXT", help="The User-Agent."),
    _option("-e", "--referer", metavar="URL", help="The Referer."),
    _option("-u", "--user", metavar="USER:PASSWORD",
            help="Basic authentication; of USER alone the password is asked for."),
    _flag("--digest", help="Digest in place of Basic authentication: the password is not sent."),
    _flag("--netrc", help="User and password of each typed host from ~/.netrc, or $NETRC."),
    _option("--auth-host", multiple=True, metavar="HOST",
            help="A host of a list that gets what only typed hosts get: -u, secret headers."),
    _option("-b", "--cookie", multiple=True, metavar="DATA|FILE",
            help="name=value, sent as it is; or a cookies.txt, or '' for none."),
    _option("--load-cookies", type=_FILE, metavar="FILE", help="A cookies.txt."),
    _option("-d", "--data", multiple=True, metavar="DATA",
            help="Send a POST; @FILE has the body, @- is standard input."),
    _option("-X", "--request", metavar="METHOD", help="GET or POST."),
    _option("--accept-types", metavar="TYPE,…",
            help="Media types that are stored, as in text/html,image/*; others are unwanted."),
    _option("--checksum", metavar="TYPE=HEX|list",
            help="The body of one URL has this digest, as in sha-256=…, or is not stored; list:"
            " columns of -i say digests, size and mirrors."),
    _flag("--raw", help="Store bodies as they came, with their content coding."),
)  # fmt: skip
"""What is asked."""

WAY: tuple[click.Parameter, ...] = (
    _option("-x", "--proxy", metavar="URL", help="A proxy; '' for none, whatever the environment."),
    _flag("-k", "--insecure", help="Do not check TLS certificates."),
    _option("--cacert", type=_FILE, metavar="FILE", help="Certificates of TLS authorities."),
    _option("--cert", type=_FILE, metavar="FILE", help="A certificate with its key, to be shown."),
    _option("--connect-timeout", metavar="TIME", help="Time to reach a host; 10s by default."),
    _option("--timeout", "--max-time", metavar="TIME",
            help="Longest time of one visit; 10m by default."),
    _option("--attempts", "--tries", metavar="N",
            help="Visits before a URL is given up; 3 by default, 1 of a POST."),
    _option("--retry", metavar="N", help="Visits beyond the first one."),
    _option("--max-wait", metavar="TIME",
            help="Longest wait that a host may ask for; 5m by default, 0 for none."),
    _option("--max-redirs", type=click.IntRange(0, 50), metavar="N",
            help="Redirects that are followed; 10 by default, 0 for none."),
    _option("--max-size", metavar="SIZE", help="Longest body stored; 1G by default."),
)  # fmt: skip
"""How it is asked, and how long."""

PACE: tuple[click.Parameter, ...] = (
    _option("-m", "--max-req", type=click.IntRange(1, 20_000), default=64, show_default=True,
            help="Greenlets fetching at once."),
    _option("--per-host", type=click.IntRange(1, 1000), metavar="N",
            help="Visits to one host at once; as many as -m by default."),
    _option("--limit-rate", metavar="SIZE", help="Bytes a second of all bodies together."),
    _option("--delay", "--wait", metavar="TIME", help="Rest of a host between two visits."),
    _option("--robots", type=click.Choice(["ignore", "obey"]),
            help="Whether robots.txt is obeyed; ignore by default."),
)  # fmt: skip
"""How fast."""

FILES: tuple[click.Parameter, ...] = (
    _option("-o", "--output", metavar="NAME",
            help="The file of one URL; a folder for NAME/, or many URLs; - prints."),
    _flag("-O", "--remote-name", help="Name files by the last part of their URLs, in one folder."),
    _flag("-J", "--content-disposition", "--remote-header-name", "server_name",
          help="Name files as the server proposes, in one folder; no file that is there is lost."),
    _option("-P", "--directory-prefix", type=click.Path(path_type=Path, file_okay=False),
            metavar="FOLDER", help="Folder for the files; here by default."),
    _option("--path", metavar="TEMPLATE", help="Naming template; {host}/{url_path} by default."),
    _flag("-c", "--continue", "go_on", help="Go on with a run in the same folder that had -c too."),
    _flag("-N", "--timestamping", help="Ask for files that are there only if they changed."),
    _flag("-nc", "--no-clobber", help="Leave files that are there, and do not ask for them."),
    _flag("--force", help="Overwrite what -o NAME or -O finds there."),
    _option("--archive", type=_FILE, metavar="FILE",
            help="A ledger that is kept: what an earlier run stored is skipped."),
)  # fmt: skip
"""Where bodies go."""

REPORT: tuple[click.Parameter, ...] = (
    _flag("-v", "--verbose", help="A line for every URL instead of the bar."),
    _flag("-q", "-s", "--quiet", "--silent", help="Print nothing; the exit code says it."),
    _flag("--json", "as_json", help="A JSON object for every URL on standard output."),
)  # fmt: skip
"""What is told of it."""

OPTIONS = (*LISTS, *REQUEST, *WAY, *PACE, *FILES, *REPORT)
