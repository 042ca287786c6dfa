"""A bad night, staged: hosts that fail in every way, two processes, and somebody who looks.

`docs/operations.md` shows what is asked and answered in it. `python -m tests.night` types it all
anew and writes the page; with `--stay` the scene stands until Enter is pressed.
"""

from tests.night.answers import PAGE, constant, questions, rewritten
from tests.night.scene import Night

__all__ = ["PAGE", "Night", "constant", "questions", "rewritten"]
