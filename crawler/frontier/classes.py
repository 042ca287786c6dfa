"""Classes of hosts by the priority of their jobs, and the turns that each class has had.

Turns go round by stride scheduling (Waldspurger and Weihl 1995): a turn costs a class the inverse
of its weight, and the next turn is for the class that has paid least.
"""

from dataclasses import field

from crawler.value import mutable

CLASSES = (4, 2, 1)
"""Weights of the priorities: high, normal, low."""


@mutable
class Shares:
    """Turns that each class of hosts has had, divided by its weight; one for a process."""

    served: dict[int, float] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0.0))

    def pick(self, found: dict[int, list[int]], limit: int) -> list[int]:
        """Choose up to `limit` hosts, always of the class that was served least.

        `found` are the hosts of each class, by weight. Turns left by one class go to the others.
        """
        waiting = {weight: iter(hosts) for weight, hosts in found.items()}
        chosen: list[int] = []
        while waiting and len(chosen) < limit:
            weight = min(waiting, key=lambda one: self.served[one])
            host = next(waiting[weight], None)
            if host is None:
                del waiting[weight]
                continue
            chosen.append(host)
            self.served[weight] += 1 / weight
        least = min((self.served[weight] for weight in waiting), default=max(self.served.values()))
        for weight in self.served.keys() - waiting.keys():  # turns that went by are lost
            self.served[weight] = max(self.served[weight], least)
        return chosen
