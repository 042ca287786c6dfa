"""Options of `crawler fetch` that say two things together, and the line about each."""

from collections.abc import Mapping
from typing import Any

from crawler.errors import UsageError

PRINTED = "-"
"""Name of -o that means standard output."""
_CONFLICTS = (
    ("output", "remote_name", "-o and -O: one of both; -P names the folder of -O"),
    ("remote_name", "path", "-O and --path: one of both"),
    ("server_name", "path", "-J and --path: one of both; {filename} in a path is the server's"),
    ("server_name", "force", "-J and --force: a name that a server says takes no file's place"),
    ("go_on", "archive", "-c and --archive: one of both; -c keeps its ledger beside the files"),
    ("timestamping", "no_clobber", "-N and -nc: one of both"),
    ("timestamping", "force", "-N and --force: one of both"),
    ("no_clobber", "force", "-nc and --force: one of both"),
    ("attempts", "retry", "--attempts and --retry: one of both"),
    ("quiet", "verbose", "-q prints nothing, and -v a line for every URL: one of both"),
    ("quiet", "as_json", "-q prints nothing, and --json a line for every URL: one of both"),
    ("insecure", "cacert", "-k and --cacert: one of both"),
)
_NOT_PRINTED = {
    "go_on": "-c", "archive": "--archive", "timestamping": "-N", "no_clobber": "-nc",
    "as_json": "--json", "server_name": "-J",
}  # fmt: skip
"""Options that need files, or standard output for themselves."""


def check_conflicts(given: Mapping[str, Any]) -> None:
    """See that what was typed says one thing.

    Raises:
        UsageError: two options do not go together.
    """
    for one, other, sentence in _CONFLICTS:
        if one in given and other in given:
            raise UsageError(sentence)
    if given.get("output") == PRINTED:
        for name, option in _NOT_PRINTED.items():
            if name in given:
                raise UsageError(f"-o - prints bodies: {option} does not go with it")
    if ("config" in given) != ("job" in given):
        raise UsageError("--config and --job: both, for the options of a job, or none")
