"""Pictures of reports: PNG, JPEG, GIF, BMP, TIFF, WEBP, read by optical character recognition.

``read(body)`` gives one document: tables with drawn lines as ``Table`` s, lines of text around them as ``Paragraph`` s.
Each cell has its place: ``{"page": 1, "box": [x0, y0, x1, y1]}``, in pixels of the picture as shown (its EXIF turn
applied), from the upper left; the pages of a TIFF count from 1, a GIF is its first frame. A cell whose text is not
sure has the doubt ``ocr``; a number that is not sure stands in a paragraph as U+FFFD, one for each character.

Needs the extra ``ocr``; without it, and for what can't be decoded, ``ParseError``: ``needs_extra``,
``broken_document``, ``too_large``. ``page_blocks`` reads a page that another reader has drawn (a scanned PDF).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from parsers.document import Block, Document, Paragraph, Table
from parsers.source import ParseError

if TYPE_CHECKING:
    from parsers.readers.image_ink import Grey

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
MAX_PIXELS = 40_000_000  # as declared; no scan of a page is larger
MAX_SIDE = 3000  # pixels; larger pictures are made smaller before they are read, A4 to 250 dots an inch
MAX_PAGES = 20  # of a TIFF
_NEEDED = ("rapidocr", "onnxruntime", "cv2", "PIL")


def read(body: bytes) -> list[Document]:
    """The document in a picture."""
    require()
    document = Document([], kind="image")
    for number, (grey, scale) in enumerate(_pages(body), start=1):
        document.blocks.extend(page_blocks(grey, number, scale))
    renumber(document.blocks)
    return [document]


def require() -> None:
    """Raise ``ParseError`` where the extra is not installed."""
    if not installed():
        raise ParseError(
            "needs_extra",
            "识别图片中的文字需要安装附加组件:pip install 'nianbao[ocr]' 或 make extras",
            "reading a picture needs the extra ocr: pip install 'nianbao[ocr]', or make extras",
        )


def installed() -> bool:
    """Whether the extra is there."""
    return all(find_spec(name) is not None for name in _NEEDED)


def page_blocks(grey: Grey, number: int, scale: float = 1.0, corner: tuple[float, float] = (0.0, 0.0)) -> list[Block]:
    """The blocks of one page picture, an array of grey levels (rows, columns); boxes are in its pixels times ``scale``,
    counted from ``corner``, where the picture is a part of the page.

    Raises ``ParseError`` ``needs_extra`` or, for a page with more cells than any report has, ``too_large``.
    """
    require()
    from parsers.readers.image_page import read_page

    return read_page(grey, number, scale, corner)


def renumber(blocks: list[Block]) -> None:
    """Count the blocks and the tables of a document through, over all its pages."""
    tables = 0
    for index, block in enumerate(blocks):
        if isinstance(block, Table):
            block.index = tables
            tables += 1
        elif isinstance(block, Paragraph):
            block.index = index


def _pages(body: bytes) -> Iterator[tuple[Grey, float]]:
    """The pages of a picture, and how many pixels of it one of theirs is wide."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow on odd metadata and large pictures: sizes are checked here
        try:
            with Image.open(io.BytesIO(body), formats=FORMATS) as image:
                count = min(getattr(image, "n_frames", 1), MAX_PAGES) if image.format == "TIFF" else 1
                for frame in range(count):
                    image.seek(frame)
                    yield _grey(image)
        except ParseError:
            raise
        except Image.DecompressionBombError:
            raise _too_large() from None
        except Exception as error:  # decoders raise whatever a broken file trips
            raise ParseError(
                "broken_document", "图片文件已损坏", f"the picture can't be decoded: {error}"[:200]
            ) from None


def _too_large() -> ParseError:
    return ParseError("too_large", f"图片超过 {MAX_PIXELS} 像素", f"the picture has more than {MAX_PIXELS} pixels")


def _grey(image: Any) -> tuple[Grey, float]:
    """Grey levels on white paper, turned as shown, no side longer than ``MAX_SIDE``."""
    import numpy as np
    from PIL import Image

    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large()
    if image.format == "JPEG":
        image.draft("L", (MAX_SIDE, MAX_SIDE))
    image.load()
    turn = _turn(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        grey = _eight_bits(image)
    elif image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image if "A" in image.getbands() else image.convert("RGBA")
        grey = Image.composite(clear.convert("L"), Image.new("L", image.size, 255), clear.getchannel("A"))
    else:
        grey = image.convert("L")
    grey.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    scale = max(width, height) / max(grey.size)
    if turn is not None:
        grey = grey.transpose(turn)
    return np.asarray(grey, np.uint8), scale


def _eight_bits(image: Any) -> Any:
    """A picture of 16 or 32 bits or of floats: its darkest level black, its lightest white."""
    import numpy as np
    from PIL import Image

    levels = np.nan_to_num(np.asarray(image, np.float32))
    low, high = float(levels.min()), float(levels.max())
    return Image.fromarray(((levels - low) * (255 / max(high - low, 1e-6))).clip(0, 255).astype(np.uint8))


def _turn(image: Any) -> Any:
    """How EXIF says the picture is to be turned; None where it says nothing that can be read."""
    from PIL import Image

    ways = Image.Transpose
    known = {
        2: ways.FLIP_LEFT_RIGHT,
        3: ways.ROTATE_180,
        4: ways.FLIP_TOP_BOTTOM,
        5: ways.TRANSPOSE,
        6: ways.ROTATE_270,
        7: ways.TRANSVERSE,
        8: ways.ROTATE_90,
    }
    try:
        return known.get(image.getexif().get(0x0112))
    except Exception:  # as broken as its writer left it
        return None
