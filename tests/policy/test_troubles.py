"""The troubles of a process in words, on an invented clock."""

from crawler.policy.troubles import MAX_CHARS, TOLD_FOR_S, Troubles


def test_what_lasts_is_told_until_it_is_over():
    troubles = Troubles()
    troubles.stands("room", "little room")
    troubles.stands("memory", "much memory")
    assert troubles.words(1e6) == "little room; much memory"
    troubles.stands("room", "")
    troubles.stands("never", "")
    assert troubles.words(1e6) == "much memory"


def test_what_has_happened_is_told_for_a_while_the_last_of_its_name_alone():
    troubles = Troubles()
    troubles.happened("clock", "the clock was moved by 5 s", 100)
    troubles.happened("clock", "the clock was moved by -5 s", 200)
    assert troubles.words(200 + TOLD_FOR_S - 1) == "the clock was moved by -5 s"
    assert troubles.words(200 + TOLD_FOR_S) == ""


def test_what_lasts_comes_first_and_all_is_bounded():
    troubles = Troubles()
    troubles.happened("visit", "v" * MAX_CHARS, 100)
    troubles.stands("room", "little room")
    words = troubles.words(100)
    assert words.startswith("little room; vvv")
    assert len(words) == MAX_CHARS
