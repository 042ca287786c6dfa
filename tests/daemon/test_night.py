"""Something is wrong at 3 a.m.: what the manual shows is asked, by verbs and on a terminal."""

import pytest

from tests.night import PAGE, Night, constant, questions
from tests.night.answers import answer, looks
from tests.night.web import BIG, HANGS, REFUSES
from tests.program import until
from tests.real import needs
from tests.tmux import Terminal

QUESTIONS = questions(PAGE.read_text())
LEAST = 12
"""Questions that the manual answers, each by one command."""

_SPAN = r"\d[\d.]* (?:min|s)(?: \d+ s)?"
_SIZE = r"[\d.]+ (?:KB|MB|GB)"


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    with Night(tmp_path_factory.mktemp("night")) as night:
        yield night


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_the_manual_shows_is_what_is_answered(night, question):
    for step in QUESTIONS[question]:
        shown, seen = constant(step.shown), [constant(answer(night, step))]

        def is_shown(step=step, shown=shown, seen=seen):
            if seen[-1] != shown and looks(step):
                seen.append(constant(answer(night, step)))
            return seen[-1] == shown

        if looks(step):
            until(is_shown, f"{step.command}\nshows\n{_text(shown)}\nbut\n{_text(seen[0])}")
        assert is_shown(), f"{step.command}\nshows\n{_text(shown)}\nbut\n{_text(seen[0])}"


def test_the_manual_has_twelve_questions_for_the_night():
    page = PAGE.read_text()
    begin = page.index("\n## Something is wrong at 3 a.m.\n")
    asked = [title for title in QUESTIONS if page.find(f"\n### {title}\n") > begin]
    assert len(asked) >= LEAST


@pytest.fixture
def terminal(night, tmp_path):
    """A terminal in which an operator has typed nothing yet."""
    needs("tmux")
    with Terminal(tmp_path, 80, 24, {**night.environment, "TERM": "xterm"}) as terminal:
        yield terminal


def test_top_shows_the_same_on_a_small_terminal_and_hears_of_its_size(night, terminal):
    terminal.type("crawler top")
    terminal.see("^crawler top ", FILM)
    terminal.resize(40, 12)
    shown = terminal.see(
        r"^\d\d:\d\d:\d\d  q quit · ", rf"^failing  {REFUSES}:\d+: connect refuse",
        rf"^http://{HANGS}:\d+/\d\.zip\n  {_SPAN}  0 bytes  archive$",
        rf"^http://{BIG}:\d+/\d\.mp4\n  {_SPAN}  {_SIZE}  {_SIZE}/s  films$",
    )  # fmt: skip
    assert "process" not in shown, "what is well leaves its line to the visits"
    terminal.resize(80, 24)
    terminal.see("^crawler top ", "^process ", FAILING, FILM, HANGING)
    terminal.press("C-c")
    terminal.see(r"^ready\$ crawler top\n(?s:.*)^ready\$")
    assert (terminal.asked("alternate_on"), terminal.asked("cursor_flag")) == ("0", "1")


FAILING = rf"^failing +{REFUSES}:\d+: connect refused"
FILM = rf"{_SPAN} +{_SIZE} +{_SIZE}/s +films +http://{BIG}:\d+/\d\.mp4"
HANGING = rf"{_SPAN} +0 bytes +archive +http://{HANGS}:\d+/\d\.zip"


def test_top_shows_what_fails_and_what_is_in_flight_on_a_real_terminal(night, terminal):
    terminal.type("crawler top")
    shown = terminal.see("^crawler top ", FAILING, FILM, HANGING)
    assert shown.index(f"http://{HANGS}") < shown.index(f"http://{BIG}"), "the oldest is first"
    assert terminal.asked("alternate_on") == "1"
    assert terminal.asked("cursor_flag") == "0"
    terminal.press("s")
    terminal.see(rf"(?s)bytes.*http://{BIG}.*http://{HANGS}")
    terminal.press("q")
    terminal.see(r"^ready\$ crawler top\n(?s:.*)^ready\$")
    assert terminal.asked("alternate_on") == "0"
    assert terminal.asked("cursor_flag") == "1"
    terminal.type("stty -a | grep -ow -e icanon -e echo")
    terminal.see(r"^icanon\n^echo\n")


def _text(lines):
    return "\n".join(lines)
