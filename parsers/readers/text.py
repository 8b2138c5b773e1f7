"""Flattened text: one paragraph a line, each with its offset in the decoded text.

A text that ends with a digit may have been cut within a number: its last paragraph says so.
"""

from __future__ import annotations

from parsers.document import Block, Document, Paragraph


def read(text: str) -> Document:
    blocks: list[Block] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            blocks.append(Paragraph(line.rstrip("\r\n"), len(blocks), offset))
        offset += len(line)
    if text[-1:].isdigit() and isinstance(last := blocks[-1], Paragraph):
        last.cut = True
    return Document(blocks, kind="text")
