"""How portals are divided: by city, into shards of about the same number of portals; the same ones every time."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from crawler.registry import Portal

T = TypeVar("T")


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
    return [
        Shard(name_of([portal.portal_id for portal in part], run_id), tuple(part))
        for part in spread(cities, most, lambda portal: 1)
    ]


def spread(groups: Mapping[str, Sequence[T]], most: int, weight: Callable[[T], int]) -> list[list[T]]:
    """The members of all groups in at most ``most`` parts of about the same weight; a group is in one of them."""
    loads = [(0, number) for number in range(min(most, len(groups)))]
    parts: list[list[T]] = [[] for _ in loads]
    weights = {name: sum(map(weight, members)) for name, members in groups.items()}
    for name, members in sorted(groups.items(), key=lambda each: (-weights[each[0]], each[0])):
        load, number = heapq.heappop(loads)
        parts[number] += members
        heapq.heappush(loads, (load + weights[name], number))
    return parts


def name_of(portal_ids: Iterable[str], run_id: str) -> str:
    """The id of the shard that has these portals."""
    return hashlib.sha256("\n".join([run_id, *sorted(portal_ids)]).encode()).hexdigest()[:10]
