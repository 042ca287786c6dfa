"""Whether a 206 is the rest of what is kept: only one answer is, whatever the header says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.model import Kept, Kind, Trouble, Validators
from crawler.policy.resume import check_range, keepable, validators_of
from tests import examples

numbers = st.integers(0, 10**19)
texts = st.text(st.characters(codec="latin-1"), max_size=80)


def is_refused(kept: Kept, have: int, headers: dict[str, str]) -> bool:
    try:
        check_range(kept, have, headers)
    except Trouble as trouble:
        assert trouble.kind is Kind.PROTOCOL
        return True
    return False


@settings(max_examples=examples(300))
@given(st.integers(2, 10**15), st.data())
def test_only_the_very_rest_is_taken(total, data):
    have = data.draw(st.integers(1, total - 1))
    first, last, said = data.draw(st.tuples(numbers, numbers, numbers))
    kept = Kept("p", Validators('"1"'), total)
    right = (first, last, said) == (have, total - 1, total)
    header = {"content-range": f"bytes {first}-{last}/{said}"}
    assert is_refused(kept, have, header) is not right
    assert not is_refused(kept, have, {"content-range": f"bytes {have}-{total - 1}/{total}"})


@given(texts)
def test_nonsense_is_refused_and_never_raises_anything_else(text):
    kept = Kept("p", Validators('"1"'), 100)
    if text.strip() != "bytes 10-99/100":
        assert is_refused(kept, 10, {"content-range": text})


@given(texts, texts)
def test_another_validator_is_refused(etag, modified):
    kept = Kept("p", Validators('"1"', "Fri, 20 Nov 2026 10:00:00 GMT"), 100)
    headers = {"content-range": "bytes 10-99/100", "etag": etag, "last-modified": modified}
    theirs = validators_of(headers)
    differs = (theirs.etag or '"1"') != '"1"' or (
        theirs.last_modified or kept.validators.last_modified
    ) != kept.validators.last_modified
    assert is_refused(kept, 10, headers) is differs


@given(texts, texts, texts, st.sampled_from(["", "identity", "gzip"]))
def test_what_is_kept_can_be_sent_back(etag, modified, length, coding):
    headers = {
        "etag": etag, "last-modified": modified, "content-length": length,
        "content-encoding": coding,
    }  # fmt: skip
    kept = keepable("p", 200, headers)
    if kept is None:
        return
    validator = kept.validators.strong()
    assert validator is not None
    assert validator.isascii()
    assert validator.isprintable()
    assert coding != "gzip"


@pytest.mark.parametrize(
    ("date", "etag", "is_kept"),
    [
        ("Fri, 20 Nov 2026 10:01:00 GMT", None, True),
        ("Fri, 20 Nov 2026 10:00:59 GMT", None, False),
        ("Fri, 20 Nov 2026 10:00:00 GMT", None, False),
        ("Fri, 20 Nov 2026 09:00:00 GMT", None, False),
        ("yesterday", None, False),
        ("", None, False),
        ("", '"1"', True),
        ("Fri, 20 Nov 2026 10:09:00 GMT", 'W/"1"', False),
    ],
)
def test_a_date_vouches_for_a_body_only_if_the_file_had_been_still(date, etag, is_kept):
    headers = {"content-length": "9", "last-modified": "Fri, 20 Nov 2026 10:00:00 GMT"}
    headers |= {"date": date} if date else {}
    headers |= {"etag": etag} if etag else {}
    assert (keepable("p", 200, headers) is not None) is is_kept
