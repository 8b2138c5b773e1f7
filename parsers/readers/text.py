"""Flattened text: one paragraph a line, each with its offset in the decoded text."""

from __future__ import annotations

from parsers.document import Block, Document, Paragraph


def read(text: str) -> Document:
    blocks: list[Block] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            blocks.append(Paragraph(line.rstrip("\r\n"), len(blocks), offset))
        offset += len(line)
    return Document(blocks, kind="text")
