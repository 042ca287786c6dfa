"""What jobs have spent of their budgets, in words and as objects."""

import pytest

from crawler.frontier.sums import Spent
from crawler.records import Budget
from crawler.verbs.spent import document, in_words

NOW = 1_900_000_000.0


def spent(bytes_=0, urls=0, *, cap="", began=NOW - 90, ends=None, schedule="", **caps):
    budget = Budget(**caps, schedule=schedule)
    return Spent(budget, bytes_, urls, began, ends, cap, NOW - 5 if cap else None)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (spent(max_urls=1000, urls=20), "20 of max_urls 1,000 of this pass; it has no other one"),
        (
            spent(5_000_000, max_bytes=10**7, max_time=3600.0, ends=NOW + 60, schedule="{}"),
            (
                "5.0 MB of max_bytes 10.0 MB, 1 min 30 s of max_time 1 h of this pass; "
                "the next one begins 2030-03-17T17:47:40Z, in 1 min"
            ),
        ),
        (spent(max_urls=7, began=None), "max_urls 7 of a pass, which has not begun"),
        (
            spent(max_urls=7, urls=8, cap="max_urls"),
            (
                "at its cap: max_urls 7 of this pass, reached at 2030-03-17T17:46:35Z, 5 s ago; "
                "a higher cap lets it go on"
            ),
        ),
        (
            spent(max_bytes=7, cap="max_bytes", schedule="{}"),
            (
                "at its cap: max_bytes 7 bytes of this pass, reached at 2030-03-17T17:46:35Z, "
                "5 s ago; the next one begins by its schedule"
            ),
        ),
    ],
)
def test_a_budget_is_told_in_one_line(one, words):
    assert in_words(one, NOW) == words


def test_a_budget_is_an_object_for_programs():
    assert document(spent(3, 8, max_urls=7, cap="max_urls", ends=NOW)) == {
        "max_bytes": None, "max_time_s": None, "max_urls": 7, "bytes": 3, "urls": 8,
        "began_at": "2030-03-17T17:45:10Z", "ends_at": "2030-03-17T17:46:40Z",
        "at_cap": "max_urls", "at_cap_since": "2030-03-17T17:46:35Z",
    }  # fmt: skip
    assert document(None) is None
