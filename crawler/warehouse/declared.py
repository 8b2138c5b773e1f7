"""What a table and a column of the warehouse are: the words in which ``crawler.warehouse.schema`` declares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HISTORY = "_history"

# code: an identifier or a word of a closed list, made by this project; text: anything, from a page; json: a JSON text;
# number: a double, which holds a printed number exactly, since a cell has no more than 15 digits; timestamp: UTC
Type = Literal["code", "text", "int", "number", "bool", "date", "timestamp", "json"]
Kind = Literal["version", "visit", "reference", "derived"]


@dataclass(frozen=True, slots=True)
class Column:
    """``years`` says for which report years a column can be filled, ``nulls`` what a null means, ``values`` what a
    closed list holds, by meaning."""

    name: str
    type: Type
    zh: str
    en: str
    unit: str | None = None
    years: str | None = None
    formula: str | None = None
    nulls: str | None = None
    values: tuple[str, ...] = ()
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """``key`` is unique and never null; ``refers`` are ``(columns, table, columns of it)``."""

    name: str
    kind: Kind
    zh: str
    en: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    refers: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = ()

    @property
    def stored_as(self) -> str:
        return self.name + HISTORY if self.kind in ("version", "visit") else self.name

    @property
    def stored(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if not column.derived)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)
