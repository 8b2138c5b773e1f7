"""How each host answered in a run: pages, time, encodings that had to be overridden."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SLOW_SECONDS = 5.0  # mean time to an answer from which on a host is slow
SLOW_PAGES = 3  # answers below which a mean says nothing


@dataclass(slots=True)
class Host:
    pages: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    overridden: int = 0

    @property
    def mean(self) -> float:
        return self.seconds / self.pages if self.pages else 0.0


@dataclass(slots=True)
class Hosts:
    """Counts answers by host; some 200 bytes a host."""

    by_name: dict[str, Host] = field(default_factory=dict)

    def count(self, name: str, seconds: float, *, overridden: bool = False) -> None:
        host = self.by_name.setdefault(name, Host())
        host.pages += 1
        host.seconds += seconds
        host.slowest = max(host.slowest, seconds)
        host.overridden += overridden

    def told(self) -> dict[str, list[dict[str, Any]]]:
        """What a run's report has of them."""
        return {"slow_hosts": self.slow(), "encoding_overrides": self.overridden()}

    def slow(self) -> list[dict[str, Any]]:
        """The slowest first."""
        found = [(name, h) for name, h in self.by_name.items() if h.pages >= SLOW_PAGES and h.mean >= SLOW_SECONDS]
        return [
            {"host": name, "pages": h.pages, "mean_seconds": round(h.mean, 1), "max_seconds": round(h.slowest, 1)}
            for name, h in sorted(found, key=lambda each: -each[1].mean)
        ]

    def overridden(self) -> list[dict[str, Any]]:
        found = [(name, host.overridden) for name, host in self.by_name.items() if host.overridden]
        return [{"host": name, "pages": number} for name, number in sorted(found, key=lambda each: (-each[1], each[0]))]
