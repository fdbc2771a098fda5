"""Want of memory, by whatever name a library tells it."""

from __future__ import annotations

_TOLD = ("can't allocate memory", "not enough memory", "out of memory")  # by torch, of which CPU errors have no class


def for_want_of_memory(error: BaseException) -> bool:
    """Whether that is why it was raised: no fault of what ran, and another time or a smaller job may go well."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _TOLD)
