"""A source read to its end: its URLs, its bad lines and why, its error."""

from contextlib import closing
from types import SimpleNamespace

import pytest

from crawler.sources import SourceError, Unchanged


def job(**options):
    plain = {"urls": (), "url_file": None, "path": "{host}/{url_path}", "headers": {}}
    return SimpleNamespace(**(plain | options))


def unfetched(*_):
    raise AssertionError("nothing is to be fetched")


def lines(source, known=""):
    with closing(source.read(known)) as blocks:
        return [line for block in blocks for line in block]


def told(source, known=""):
    """Read to the end or the error; return the URLs, the bad lines and why, the error."""
    good, bad, number = [], [], 0
    try:
        with closing(source.read(known)) as blocks:
            for block in blocks:
                for line in block:
                    number += 1
                    try:
                        good += [(url, dict(bound)) for url, bound in source.parse(line)]
                    except ValueError as error:
                        bad.append((number, str(error)))
    except SourceError as error:
        return good, bad, str(error)
    return good, bad, None


def urls(source, known=""):
    good, bad, error = told(source, known)
    assert (bad, error) == ([], None)
    return [url for url, _ in good]


def unchanged(source, known):
    with pytest.raises(Unchanged):
        lines(source, known)
    return True


def write(tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file
