"""Where code stands: the innermost calls by name, without a look at any file or value.

Pure, and short enough for a native thread that looks at the frames of another one.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_OURS = str(Path(__file__).parents[1])
_GEVENT = str(Path(sys.modules["gevent"].__file__ or "").parent)
MAX_CALLS = 4


def where(frame: FrameType | None) -> str:
    """Return the innermost calls, as in `connection.py:88 Connection.read < reading.py:190 read`.

    Those of gevent, which every greenlet that waits stands in, are left out, and of what calls us
    from outside of the crawler nothing is told.
    """
    calls = [one for one in _calls(frame) if not one[0].startswith(_GEVENT)]
    ours = [at for at, call in enumerate(calls) if call[0].startswith(_OURS)]
    told = calls[: ours[-1] + 1] if ours else calls
    return " < ".join(f"{Path(file).name}:{line} {name}" for file, line, name in told[:MAX_CALLS])


def _calls(frame: FrameType | None) -> Iterator[tuple[str, int, str]]:
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname
        frame = frame.f_back
