"""Whether the machine has Chromium: tests of pages need it, and it is installed by requirements/system.txt."""

from __future__ import annotations

import shutil

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
