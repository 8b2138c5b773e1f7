"""Narrative figures: the numbers that a report's prose states, each with key, unit, verb, sentence and section."""

from __future__ import annotations

from parsers.narrative.facts import Fact, Reading, Whole, extract

__all__ = ["Fact", "Reading", "Whole", "extract"]
