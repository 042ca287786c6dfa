"""Reading a configuration: its file, and the files with jobs that it includes."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from crawler.config.text.document import Document
from crawler.config.text.including import NotIncludedError, files_of
from crawler.config.text.values import Builder
from crawler.config.text.variables import Variables
from crawler.errors import ConfigError, Problem


def read(file: Path, environment: Mapping[str, str] = os.environ) -> Document:
    """Read a configuration; problems with its values are noted in the document.

    Jobs of the files that it includes follow its own.

    Raises:
        ConfigError: a file cannot be read, or is not YAML.
    """
    document = _read(file, Variables(file.absolute().parent, environment))
    if isinstance(document.value, dict) and document.value.get("include"):
        _include(document, file)
    return document


def include_of(file: Path) -> Any:
    """Return the option `include` of a file, whatever else is wrong with it; () where it has none.

    For whoever watches: a file that is included comes, or is mended, after that option was written.
    """
    try:
        value = _read(file, Variables(file.absolute().parent, os.environ)).value
    except ConfigError:
        return ()
    return value.get("include") or () if isinstance(value, dict) else ()


def _include(document: Document, file: Path) -> None:
    jobs = document.value.get("jobs", [])
    if not isinstance(jobs, list):
        return None
    try:
        files = files_of(file, document.value["include"])
    except NotIncludedError as error:
        return document.problem(("include",), str(error))
    for one in files:
        home = _read(one, document.variables)
        document.included.append((len(jobs), home))
        jobs += _jobs(home)
    if not jobs:
        return document.problem(("include",), "names no file with a job, and no job stands here")
    document.value["jobs"] = jobs
    return None


def _jobs(home: Document) -> list[Any]:
    """Return the jobs of an included file; an empty file is more likely a loss than a wish."""
    value = home.value
    if not isinstance(value, dict) or not isinstance(value.get("jobs"), list):
        home.problem((), "must hold the section jobs, a list; `jobs: []` for none")
        return []
    for key in value:
        if key != "jobs":
            home.problem((key,), "is no section of an included file; it holds jobs", at_key=True)
    return list(value["jobs"])


def _read(file: Path, variables: Variables) -> Document:
    document = Document(str(file), variables)
    try:
        with file.open("rb") as stream:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            root = yaml.compose(stream, Loader=loader)
    except OSError as error:
        raise ConfigError(
            [Problem(str(file), 1, 1, "", f"cannot be read: {error.strerror}")]
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            [Problem(str(file), 1, 1, "", f"is not UTF-8: {error.reason}")]
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError([_syntax(str(file), error)]) from error
    document.value = Builder(document).build(root, ())
    return document


def _syntax(file: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if "alias" in str(getattr(error, "context", "")):
        message += "; put what begins with * into quotation marks"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(file, line, column, "", f"is not YAML: {message}")
