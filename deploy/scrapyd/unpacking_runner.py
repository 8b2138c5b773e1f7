"""The runner of scrapyd for this project: unpacks a deployed egg once, then does what scrapyd's own runner does.

The project reads tables that lie beside its code and starts ``python -m parsers.worker``; neither works inside a zip
file. scrapyd starts this module in its working directory.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from scrapyd import runner

activate = runner.activate_egg


def unpacked(egg: str) -> str:
    """A directory with the content of an egg, beside it; made once for each file as it is now."""
    path = Path(egg).absolute()
    status = path.stat()
    target = path.parent / "unpacked" / f"{path.stem}-{status.st_size}-{status.st_mtime_ns}.egg"
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        step = tempfile.mkdtemp(dir=target.parent)
        with zipfile.ZipFile(path) as content:
            content.extractall(step)
        try:
            Path(step).rename(target)
        except OSError:  # another process was faster
            shutil.rmtree(step)
    return str(target)


def activate_unpacked(egg: str) -> None:
    place = unpacked(egg)
    activate(place)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [place, os.environ.get("PYTHONPATH")]))


if __name__ == "__main__":
    runner.activate_egg = activate_unpacked
    runner.main()
