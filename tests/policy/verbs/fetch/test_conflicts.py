"""Options that say two things together are refused in one line."""

import pytest

from crawler.errors import UsageError
from crawler.verbs.fetch.conflicts import check_conflicts


@pytest.mark.parametrize(
    "given",
    [
        {"output": "a", "remote_name": True}, {"remote_name": True, "path": "{name}"},
        {"output": "-", "go_on": True}, {"output": "-", "as_json": True},
        {"go_on": True, "archive": "a"}, {"timestamping": True, "no_clobber": True},
        {"server_name": True, "path": "{name}"}, {"server_name": True, "force": True},
        {"server_name": True, "output": "-"},
        {"attempts": "1", "retry": "1"}, {"quiet": True, "verbose": True}, {"job": "docs"},
    ],
)  # fmt: skip
def test_what_says_two_things_is_refused(given):
    with pytest.raises(UsageError) as error:
        check_conflicts(given)
    assert "\n" not in str(error.value)


def test_what_says_one_thing_is_not():
    check_conflicts({"output": "a", "go_on": True, "config": "c", "job": "docs"})
