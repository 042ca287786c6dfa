"""What a verb imports is looked through for garbage neither meanwhile nor later."""

import gc

from crawler.verbs.importing import importing


def test_nothing_is_looked_at_meanwhile_and_never_again_what_was_made():
    assert gc.isenabled()
    before = gc.get_freeze_count()
    with importing():
        assert not gc.isenabled()
        with importing():
            made = [[] for _ in range(1000)]
        assert not gc.isenabled(), "the outer one has not ended"
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(made)
