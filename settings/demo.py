"""Settings of the demo: the simulated portals on loopback, at a pace for watching."""

from settings.default import *  # noqa: F403

EGRESS_ALLOW = "127.0.0.0/8"
DOWNLOAD_DELAY = 0.05
DOWNLOAD_DELAY_JITTER = 0.2
DOWNLOAD_TIMEOUT = 15
REFUSAL_PAUSE = 0.1
BROWSER_DELAY = 0.05
RETRY_TIMES = 1
