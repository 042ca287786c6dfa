"""What `top` asks on one line: what is to be paused, or resumed; Enter does it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from crawler.errors import CrawlerError
from crawler.frontier import changed
from crawler.frontier.wishes import MakeWish, Scope, Subject, TakeBackWish, Verb
from crawler.urls import host_of
from crawler.value import value
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.top.view import Shown
from crawler.verbs.wishes.standing import hearers, wisher
from crawler.verbs.wishes.words import named

_ENTER, _LEAVE, _RUBOUT, _NEXT = "\r\n", "\x1b\x03\x04", "\x7f\x08", "\t"
_SEQUENCE = "\x1b["
"""Begins what arrows and other keys without a letter send."""
EVERYTHING = "all"


@value
class Prompt:
    """A question with an answer that is being typed."""

    verb: str
    """pause or resume; '' where something is only said until a key is pressed."""
    choices: Sequence[str]
    """Answers that are offered, in turn."""
    text: str
    ledger: Ledger
    offered: bool = True
    """Whether the text is one of the choices, and not typed."""

    def line(self) -> str:
        """Return the line to show."""
        if not self.verb:
            return f"{self.text}  (any key: go on)"
        return f"{self.verb}: {self.text}_  Tab: another · or type host H, job J, all · Enter · Esc"

    def typed(self, keys: str) -> "Prompt | None":
        """Return it after some keys; None once it is over."""
        if not keys:
            return self
        if not self.verb:
            return None
        if keys.startswith(_SEQUENCE):
            return self._another()
        prompt: Prompt | None = self
        for key in keys:
            prompt = prompt.after(key) if prompt and prompt.verb else prompt
        return prompt

    def after(self, key: str) -> "Prompt | None":
        """Return it after one key; None once it is over."""
        if key in _LEAVE:
            return None
        if key in _ENTER:
            return self._done()
        if key in _NEXT:
            return self._another()
        if key in _RUBOUT:
            return replace(self, text=self.text[:-1], offered=False)
        return replace(self, text=key if self.offered else self.text + key, offered=False)

    def _another(self) -> "Prompt":
        at = self.choices.index(self.text) + 1 if self.text in self.choices else 0
        return replace(self, text=self.choices[at % len(self.choices)], offered=True)

    def _done(self) -> "Prompt":
        try:
            said = _done(self.verb, subject_of(self.text), self.ledger)
        except (CrawlerError, OSError) as error:
            said = " ".join(str(error).split())
        return replace(self, verb="", text=said)


def asked(verb: str, shown: Shown, ledger: Ledger) -> Prompt:
    """Return the question what is to be paused or resumed, with what comes into question."""
    found = list(dict.fromkeys(_PAUSABLE[verb](shown)))
    if not found:
        return Prompt("", (), "nothing is paused", ledger)
    return Prompt(verb, found, found[0], ledger)


def subject_of(text: str) -> Subject:
    """Return what an answer means: all, `job NAME`, `host NAME`, or a host by its name alone."""
    word, _, name = text.strip().partition(" ")
    if word in {Scope.JOB, Scope.HOST} and name.strip():
        return Subject(Scope(word), name.strip())
    return Subject() if word == EVERYTHING else Subject(Scope.HOST, text.strip().lower())


def _done(verb: str, subject: Subject, ledger: Ledger) -> str:
    with opened_by(ledger, acts=True, write=True) as desk:
        if verb == "pause":
            changed(desk, MakeWish(Verb.PAUSE, subject, wisher("top")))
            done = f"{named(subject)} is paused"
        else:
            taken = changed(desk, TakeBackWish(Verb.PAUSE, subject)).total()
            done = f"{named(subject)} {'goes on' if taken else 'was not paused'}"
        return f"{done}; {hearers(desk).in_words()}"


def _running(shown: Shown) -> Iterator[str]:
    """Yield hosts that are visited or fail, then jobs, then everything."""
    yield from (f"host {host_of(one.url)}" for _, one in shown.visits)
    yield from (f"host {line.state.key}" for line in shown.status.failing.rows)
    yield EVERYTHING
    yield from (f"job {job.name}" for job in shown.status.jobs if job.active)


def _paused(shown: Shown) -> Iterator[str]:
    for wish in shown.status.wishes:
        if wish.verb is Verb.PAUSE:
            yield EVERYTHING if wish.subject.scope is Scope.ALL else str(wish.subject)


_PAUSABLE = {"pause": _running, "resume": _paused}
