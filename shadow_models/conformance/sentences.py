"""What counts as a sentence where something is refused."""

from __future__ import annotations


def is_sentence(text: str) -> bool:
    """Whether a text has words and an end, on one line."""
    return " " in text and text.endswith(".") and "\n" not in text
