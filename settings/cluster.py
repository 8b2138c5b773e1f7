"""Settings of one shard of a scaled-out run: same rules of politeness, more cities at once, a log to keep."""

from settings.default import *  # noqa: F403

CITIES_AT_ONCE = 48
CONCURRENT_REQUESTS = 48
REACTOR_THREADPOOL_MAXSIZE = 24  # name look-ups
LOG_LEVEL = "INFO"
