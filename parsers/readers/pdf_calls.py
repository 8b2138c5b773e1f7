"""The functions of pdfium that are called for every object and character, taking plain addresses.

pypdfium2 checks the type of every pointer, which costs more than the calls themselves. Here handles are integers, and
what a function writes to is given as ``address(buffer)``. Names are pdfium's own without their prefix.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as raw

_P, _I, _U = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint
address = ctypes.addressof


def handle(pointer: Any) -> int:
    """The address that a pointer of pypdfium2 holds."""
    return ctypes.cast(pointer, _P).value or 0


def _plain(name: str, answer: Any, *arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(answer, *arguments)(handle(getattr(raw, name)))


page_count = _plain("FPDFPage_CountObjects", _I, _P)
page_object = _plain("FPDFPage_GetObject", _P, _P, _I)
form_count = _plain("FPDFFormObj_CountObjects", _I, _P)
form_object = _plain("FPDFFormObj_GetObject", _P, _P, _U)

object_type = _plain("FPDFPageObj_GetType", _I, _P)
object_bounds = _plain("FPDFPageObj_GetBounds", _I, _P, _P, _P, _P, _P)
object_matrix = _plain("FPDFPageObj_GetMatrix", _I, _P, _P)
set_active = _plain("FPDFPageObj_SetIsActive", _I, _P, _I)
fill_color = _plain("FPDFPageObj_GetFillColor", _I, _P, _P, _P, _P, _P)
stroke_color = _plain("FPDFPageObj_GetStrokeColor", _I, _P, _P, _P, _P, _P)
clip_path = _plain("FPDFPageObj_GetClipPath", _P, _P)
clip_count = _plain("FPDFClipPath_CountPaths", _I, _P)
render_mode = _plain("FPDFTextObj_GetTextRenderMode", _I, _P)

draw_mode = _plain("FPDFPath_GetDrawMode", _I, _P, _P, _P)
segment_count = _plain("FPDFPath_CountSegments", _I, _P)
segment = _plain("FPDFPath_GetPathSegment", _P, _P, _I)
segment_point = _plain("FPDFPathSegment_GetPoint", _I, _P, _P, _P)
segment_type = _plain("FPDFPathSegment_GetType", _I, _P)
segment_closes = _plain("FPDFPathSegment_GetClose", _I, _P)

char_count = _plain("FPDFText_CountChars", _I, _P)
char_code = _plain("FPDFText_GetUnicode", _U, _P, _I)
char_object = _plain("FPDFText_GetTextObject", _P, _P, _I)
char_generated = _plain("FPDFText_IsGenerated", _I, _P, _I)
char_unmapped = _plain("FPDFText_HasUnicodeMapError", _I, _P, _I)
char_angle = _plain("FPDFText_GetCharAngle", ctypes.c_float, _P, _I)
char_box = _plain("FPDFText_GetLooseCharBox", _I, _P, _I, _P)


def _places(array: Any) -> list[int]:
    """The addresses of the members of an array; all are four bytes wide."""
    return [address(array) + 4 * index for index in range(len(array))]


class Buffers:
    """What the functions write to, kept from call to call."""

    def __init__(self) -> None:
        self._parts, self._ints, self._floats = (_U * 4)(), (_I * 2)(), (ctypes.c_float * 4)()
        self._part_places, self._int_places, self._float_places = map(_places, (self._parts, self._ints, self._floats))

    def color(self, function: Any, each: int) -> tuple[int, int] | None:
        """(the darkest of red, green and blue, alpha), None where the object has no such colour."""
        if not function(each, *self._part_places):
            return None
        red, green, blue, alpha = self._parts
        return min(red, green, blue), alpha

    def pair(self, function: Any, each: int) -> tuple[int, int]:
        """Two integers, zeros where there are none."""
        if not function(each, *self._int_places):
            return 0, 0
        return self._ints[0], self._ints[1]

    def point(self, segment: int) -> tuple[float, float]:
        segment_point(segment, *self._float_places[:2])
        return self._floats[0], self._floats[1]

    def bounds(self, each: int) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of an object in the space of what holds it, as wide as its lines make it; zeros
        where it has no place."""
        if not object_bounds(each, *self._float_places):
            return 0.0, 0.0, 0.0, 0.0
        left, bottom, right, top = self._floats
        return left, bottom, right, top
