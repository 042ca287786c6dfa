"""An option that curl or wget has is refused with the near one by its meaning."""

import click
import pytest

from crawler.errors import UsageError
from crawler.verbs.fetch.command import VERBS
from crawler.verbs.fetch.options import OPTIONS
from crawler.verbs.fetch.refusals import REFUSALS

(FETCH,) = VERBS
OURS = {name for one in OPTIONS if isinstance(one, click.Option) for name in one.opts}


def refused(*arguments: str) -> str:
    with pytest.raises(UsageError) as error:
        FETCH.main(list(arguments), standalone_mode=False)
    return str(error.value)


def test_no_option_of_ours_is_refused_and_what_is_named_is_there():
    assert not OURS & REFUSALS.keys()
    named = {
        word.strip(",;") for text in REFUSALS.values() for word in text.split() if word[0] == "-"
    }
    allowed = {"-", "--write-out", "--url", "--check`"}
    assert {word for word in named if word not in OURS} <= allowed


@pytest.mark.parametrize("option", sorted(REFUSALS))
def test_each_is_refused_in_one_line_before_anything_is_asked(option):
    told = refused(option, "http://127.0.0.1:1/")
    assert told == f"{option}: {REFUSALS[option]}"


def test_letters_that_stand_together_are_told_by_the_first_that_there_is_not():
    assert refused("-sSf", "http://h/").startswith("-S: ")
    assert refused("-ksL", "http://h/").startswith("-L: redirects are followed")
    assert refused("-nd", "http://h/").startswith("-nd: -O stores")


@pytest.mark.parametrize("word", ["-qO-", "-O-", "-qO-x"])
def test_a_value_that_is_glued_to_wgets_letter_is_told_with_ours(word):
    told = refused(word, "http://127.0.0.1:1/")
    assert told == f"{word}: -O takes no name, as in curl; -o NAME names the file, -o - prints it"


def test_a_letter_behind_ours_is_told_by_its_meaning():
    assert refused("-OL", "http://h/").startswith("-L: redirects are followed")


def test_a_word_that_nobody_knows_is_compared_with_no_other():
    assert refused("--outptu=x", "http://h/") == (
        "--outptu: there is no such option; `crawler fetch --help` has all of them"
    )


def test_an_option_without_its_value_is_told_in_one_line():
    assert "\n" not in refused("http://h/", "-o")
