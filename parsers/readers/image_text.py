"""Lines of text in a picture to characters, each with its probability and its place.

The recogniser is PP-OCRv6 as packed in the wheel of rapidocr, run by onnxruntime; it is loaded once per process and
needs no network. It takes pictures of one line, dark on light, 48 pixels high, and gives at every eighth pixel the
probability of each character.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from parsers.readers.image_ink import Grey

HEIGHT, STEP = 48, 8
MAX_WIDTH = 2400  # of a line at that height; what is longer is squeezed
_BATCH_PIXELS = 6400  # widths of one batch together
_THREADS = 2
_NARROW = 48
ZEROS = "0OoО〇○ＯоΟο"  # letters and signs that no one can tell from a zero standing alone


@dataclass(slots=True)
class Glyph:
    """A character read; ``at`` is the middle of it as a share of the picture's width, ``as_digit`` the probability of
    the digit that it is, if the character is one of the ten digits at all."""

    char: str
    probability: float
    at: float
    as_digit: float = 1.0


Reading = list[Glyph]


class Recogniser:
    """The model and its characters. ``read`` remembers what it has read: a table repeats its zeros."""

    def __init__(self, model: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = _THREADS, 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave the processor
        self._session: Any = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        listed = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._characters = ["", *listed, " "]
        self._zeros = [index for index, char in enumerate(self._characters) if char and char in ZEROS]
        self._others = [self._characters.index(digit) for digit in "123456789"]
        self._input = self._session.get_inputs()[0].name

    def read(self, pictures: Sequence[Grey]) -> list[Reading]:
        """The characters of each picture, in the order given; equal pictures are read once."""
        scaled = [_scaled(picture) for picture in pictures]
        keys = [picture.tobytes() for picture in scaled]
        distinct = dict(zip(keys, scaled, strict=True))
        readings: dict[bytes, Reading] = {}
        ordered = sorted(distinct.items(), key=lambda entry: entry[1].shape[1])
        while ordered:
            count = max(1, min(len(ordered), _BATCH_PIXELS // ordered[0][1].shape[1]))
            while count > 1 and count * ordered[count - 1][1].shape[1] > _BATCH_PIXELS:
                count -= 1
            batch, ordered = ordered[:count], ordered[count:]
            readings.update(zip((key for key, _ in batch), self._run([p for _, p in batch]), strict=True))
        return [readings[key] for key in keys]

    def _run(self, pictures: list[Grey]) -> list[Reading]:
        width = max(picture.shape[1] for picture in pictures)
        batch = np.zeros((len(pictures), 3, HEIGHT, width), np.float32)
        for index, picture in enumerate(pictures):
            batch[index, :, :, : picture.shape[1]] = picture.astype(np.float32) / 127.5 - 1
        output = self._session.run(None, {self._input: batch})[0]
        return [self._decode(steps, picture.shape[1]) for steps, picture in zip(output, pictures, strict=True)]

    def _decode(self, steps: NDArray[np.float32], width: int) -> Reading:
        steps = steps[: -(-width // STEP)]  # what follows is the margin of the batch
        best = steps.argmax(axis=1)
        sure = steps.max(axis=1)
        glyphs: Reading = []
        last, start = 0, 0
        for index, number in enumerate([*best.tolist(), 0]):
            if number != last:
                if last:
                    step = start + int(sure[start:index].argmax())
                    middle = ((start + index) / 2) * STEP / width
                    glyphs.append(self._glyph(steps[step], last, middle))
                last, start = number, index
        return glyphs

    def _glyph(self, chances: NDArray[np.float32], number: int, middle: float) -> Glyph:
        """A character with its probability; those that look like a zero count together."""
        zero = number in self._zeros
        chance = float(chances[self._zeros].sum()) if zero else float(chances[number])
        if not zero and number not in self._others:
            return Glyph(self._characters[number], chance, middle)
        any_digit = float(chances[self._zeros].sum() + chances[self._others].sum())
        return Glyph(self._characters[number], chance, middle, chance / any_digit)


def _scaled(picture: Grey) -> Grey:
    height, width = picture.shape
    wanted = min(MAX_WIDTH, max(8, round(width * HEIGHT / height)))
    method = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
    scaled = np.asarray(cv2.resize(picture, (wanted, HEIGHT), interpolation=method), np.uint8)
    if wanted < _NARROW:
        scaled = np.pad(scaled, ((0, 0), (0, _NARROW - wanted)), mode="edge")
    return scaled


@cache
def recogniser() -> Recogniser:
    """The one recogniser of this process."""
    package = importlib.util.find_spec("rapidocr")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("rapidocr")
    return Recogniser(Path(package.submodule_search_locations[0]) / "models" / "PP-OCRv6_rec_small.onnx")
