"""How portals are divided: by city, into shards of about the same number of portals; the same ones every time."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.registry import Portal


@dataclass(frozen=True, slots=True)
class Shard:
    """Some cities' portals. The id is that of its portals within a run."""

    shard_id: str
    portals: tuple[Portal, ...]


def divide(portals: Sequence[Portal], most: int, run_id: str) -> list[Shard]:
    """At most ``most`` shards; a city is in one of them.

    >>> portals = [Portal(n, None, n, f"http://{n}.a{n[0]}.gov.cn/") for n in ("1x", "1y", "2x", "3x")]
    >>> [[portal.portal_id for portal in shard.portals] for shard in divide(portals, 2, "night")]
    [['1x', '1y'], ['2x', '3x']]
    """
    cities: dict[str, list[Portal]] = {}
    for portal in portals:
        cities.setdefault(portal.city, []).append(portal)
    loads = [(0, number) for number in range(min(most, len(cities)))]
    parts: list[list[Portal]] = [[] for _ in loads]
    for _, members in sorted(cities.items(), key=lambda each: (-len(each[1]), each[0])):
        load, number = heapq.heappop(loads)
        parts[number] += members
        heapq.heappush(loads, (load + len(members), number))
    return [Shard(_name(part, run_id), tuple(part)) for part in parts]


def _name(portals: Sequence[Portal], run_id: str) -> str:
    ids = sorted(portal.portal_id for portal in portals)
    return hashlib.sha256("\n".join([run_id, *ids]).encode()).hexdigest()[:10]
