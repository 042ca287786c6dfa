"""The exit code says what failed, where one thing did."""

import pytest

from crawler.model import Kind, Outcome
from crawler.verbs.fetch.exit_codes import CODES, code_of, exit_code


def test_every_kind_has_a_code():
    assert CODES.keys() == set(Kind)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (Kind.STORED, 200, 0), (Kind.UNCHANGED, 304, 0), (Kind.LOCAL_IO, None, 1),
        (Kind.DNS, None, 4), (Kind.CONNECT, None, 4), (Kind.TIMEOUT, None, 4), (Kind.TLS, None, 5),
        (Kind.HTTP_ERROR, 401, 6), (Kind.HTTP_ERROR, 407, 6), (Kind.HTTP_ERROR, 403, 8),
        (Kind.PROTOCOL, None, 7), (Kind.NOT_FOUND, 404, 8), (Kind.ROBOTS, None, 8),
        (Kind.TOO_BIG, 200, 9),
    ],
)  # fmt: skip
def test_a_url_that_failed_has_the_code_of_its_cause(kind, status, code):
    assert code_of(Outcome(kind, status)) == code


@pytest.mark.parametrize(
    ("codes", "code"), [([], 0), ([0, 0], 0), ([0, 8, 8], 8), ([4, 8], 1), ([1], 1), ([0, 1, 8], 1)]
)
def test_a_run_has_the_code_that_all_its_failures_share(codes, code):
    assert exit_code(codes) == code


def test_a_run_that_was_forced_says_so():
    assert exit_code([8], forced=True) == 3
