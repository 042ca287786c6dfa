"""Which version of the configuration's files is on the disk, so that a change is seen."""

from pathlib import Path
from typing import Any

from crawler.config.text.including import version_of
from crawler.config.text.reading import include_of
from crawler.threads import Native


class TextVersion:
    """Looks at a configuration's file and at those that it includes, as it says now.

    What it says may not be in force yet: a file that is included and wrong is mended afterwards.
    """

    def __init__(self, file: Path | None, include: Any) -> None:
        self._file = file
        self._include = include
        self._own = version_of(file)

    def found(self) -> tuple[object, ...]:
        """Return what differs between two versions."""
        own = version_of(self._file)
        if own == self._own and not self._include:
            return own
        with Native(1) as native:  # the file may be long, and those that it includes many
            if own != self._own and self._file is not None:
                self._include, self._own = native.call(include_of, self._file), own
            return native.call(version_of, self._file, self._include)
