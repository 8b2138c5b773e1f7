"""Fuzzes one reader: ``python -m tests.heavy.fuzz READER SECONDS FOLDER``, seeded with composed documents.

Any exception but ``ParseError``, more than 20 s of processor time or more than 1.5 GiB ends it with an error and leaves
the input in FOLDER. Readers of ZIP based formats get whole files as well as files with one member changed, since a
changed container is refused before anything of it is read.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

MAX_LENGTH = 400_000
RSS_MIB, INPUT_SECONDS, HANGS = 1536, 20, 300  # seconds of an input: of the processor, and by the clock
Wrap = Callable[[bytes], bytes]


def seeds(form: str) -> Iterator[bytes]:
    """Composed documents of a format, plain and damaged."""
    from tests.compose import damage
    from tests.compose.documents import compose
    from tests.compose.report import generate

    for seed in range(6):
        rng = random.Random(seed)
        report = generate(seed, states=0.1)
        if seed % 2:
            names = rng.sample(list(damage.DAMAGES), 2)
            damage.apply(report, [(name, seed) for name in names])
        yield compose(form, report, rng)


def member(body: bytes) -> tuple[bytes, Wrap] | None:
    """The largest XML file of a ZIP container, and a function that puts another in its place."""
    if not body.startswith(b"PK"):
        return None
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    name = max((name for name in files if name.endswith(".xml")), key=lambda name: len(files[name]), default=None)
    if name is None:
        return None

    def wrap(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for each, content in files.items():
                archive.writestr(each, data if each == name else content)
        return out.getvalue()

    return files[name], wrap


def main() -> None:
    import atheris  # not installed where the tests of every day run

    with atheris.instrument_imports(include=["parsers"], enable_loader_override=False):
        import parsers
        from parsers.source import ParseError, Source
    form, seconds, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    corpus = folder / form
    corpus.mkdir(parents=True, exist_ok=True)
    wrap: Wrap | None = None
    for number, body in enumerate(seeds(form)):
        (corpus / f"seed{number}").write_bytes(body)
        if inner := member(body):
            (corpus / f"member{number}").write_bytes(inner[0])
            wrap = wrap or inner[1]

    def one(data: bytes) -> None:
        begun = time.process_time()
        inner = wrap is not None and not data.startswith(b"PK")
        with contextlib.suppress(ParseError):
            parsers.parse_report(Source(wrap(data) if inner and wrap else data)).to_dict()
        if (taken := time.process_time() - begun) > INPUT_SECONDS:
            raise TimeoutError(f"{taken:.0f} s of the processor")

    for body in seeds(form):  # forms, words and models are loaded once, not within the time of the first input
        one(body)
    limits = [f"-max_total_time={seconds}", f"-timeout={HANGS}", f"-rss_limit_mb={RSS_MIB}"]
    quiet = [f"-max_len={MAX_LENGTH}", f"-artifact_prefix={folder}/{form}-", "-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *limits, *quiet, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
