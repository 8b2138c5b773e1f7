"""Which crawls are due: ``settings/schedule.toml`` held against the runs that there are.

There is no other state: a run's manifest says what it was asked for, when it began and how it ended. A run that was
killed has no manifest; its crawl is due again, and the crawl itself goes on where it was.
"""

from __future__ import annotations

from crawler.schedule.due import Due, Ran, due, ran
from crawler.schedule.plan import Crawl, Schedule, read

__all__ = ["Crawl", "Due", "Ran", "Schedule", "due", "ran", "read"]
