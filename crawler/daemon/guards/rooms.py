"""The guard of room: no visit begins where what is on its way would not fit any more."""

from collections.abc import Sequence
from pathlib import Path

from crawler.config import Guards as GuardOptions
from crawler.daemon.guards.measures import Room
from crawler.log import Log
from crawler.policy.pressure import Floor
from crawler.policy.troubles import Troubles


class Rooms:
    """Looks at the disks of some folders, the first of which is that of the bodies."""

    def __init__(self, log: Log, troubles: Troubles) -> None:
        self._log = log
        self._troubles = troubles
        self._floors: dict[tuple[Path, str], Floor] = {}
        self.free: int | None = None
        """Bytes that are left for bodies, as it was seen last; None where that is not known."""

    def look(self, rooms: Sequence[Room], options: GuardOptions, declared: int) -> bool:
        """Tell whether anything is short; what bodies under way have `declared` counts as used."""
        self.free = rooms[0].free if rooms else None
        for at, room in enumerate(rooms):
            spent = declared if not at else 0
            self._judge(room, "bytes", room.free, options.min_free, spent)
            self._judge(room, "inodes", room.inodes, options.min_inodes, 0)
        return any(floor.short for floor in self._floors.values())

    def _judge(self, room: Room, what: str, left: int | None, least: int, spent: int) -> None:
        """Note how much is left in a folder, and tell when it becomes short or enough."""
        floor = self._floors.setdefault((room.folder, what), Floor())
        if left is None or not floor.look(left - spent, least):
            return
        name, folder = f"{what} {room.folder}", str(room.folder)
        if not floor.short:
            self._troubles.stands(name, "")
            self._log.info("room.enough", folder=folder, what=what, free=left)
            return
        option = "min_free" if what == "bytes" else "min_inodes"
        coming = f", and bodies under way bring {spent:,}" if spent else ""
        cause = (
            f"{left:,} {what} are left for {folder}{coming}; crawler.guards.{option} is {least:,}: "
            "no visit begins"
        )
        self._troubles.stands(name, cause)
        self._log.error("room.short", folder=folder, what=what, free=left, cause=cause)
