"""Until when a certificate is valid, against another reader's word."""

import ssl
from datetime import UTC, datetime

import pytest
import trustme

from crawler.policy.certificates import not_after

TIMES = [datetime(year, 3, 4, 5, 6, 7, tzinfo=UTC) for year in (2000, 2026, 2049, 2050, 2120)]


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.mark.parametrize("until", TIMES, ids=str)
def test_the_end_is_the_one_that_was_written(authority, until):
    begins = datetime(1999, 1, 1, tzinfo=UTC)
    issued = authority.issue_cert("a.example", not_before=begins, not_after=until)
    der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())
    assert not_after(der) == until.timestamp()


@pytest.mark.parametrize("cut", [0, 1, 5, 40, 90])
def test_what_ends_early_is_no_certificate(authority, cut):
    der = ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())
    with pytest.raises(ValueError, match="ends early"):
        not_after(der[:cut])


def test_what_is_none_is_none():
    with pytest.raises(ValueError):  # noqa: PT011  whatever is wrong with it
        not_after(bytes(range(64)) * 4)
