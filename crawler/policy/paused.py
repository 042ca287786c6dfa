"""What is paused because somebody wishes it: everything, jobs, or hosts. Pure.

`pause` has the other reason: this machine is at fault.
"""

from crawler.value import value


@value
class Paused:
    """What no visit may begin of."""

    everything: bool = False
    jobs: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    """By name:port, or by name for every port."""

    def __bool__(self) -> bool:
        return bool(self.everything or self.jobs or self.hosts)

    def has_host(self, key: str) -> bool:
        """Tell whether nothing of a host (name:port) may be visited, whatever the job."""
        if self.everything:
            return True
        return bool(self.hosts) and (key in self.hosts or key.rpartition(":")[0] in self.hosts)

    def has(self, key: str, job: str) -> bool:
        """Tell whether a job's URLs on a host may not be visited."""
        return job in self.jobs or self.has_host(key)


NOTHING = Paused()
