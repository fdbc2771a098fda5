"""Loops are compiled where their machine code can be kept, and where it cannot."""

from __future__ import annotations

import numba
import pytest

from attacks.compiled import compiler


def twice(value: int) -> int:
    return 2 * value


@pytest.mark.parametrize("writable", [True, False])
def test_a_loop_runs_whether_or_not_a_place_can_be_written(writable, monkeypatch, tmp_path):
    asked = []

    def njit(cache: bool, **options: object):
        asked.append(cache)
        if cache and not writable:
            raise RuntimeError("cannot cache function: no locator available")
        return numba.njit(**options)

    monkeypatch.setattr(compiler, "njit", njit)
    assert compiler.compiled()(twice)(21) == 42
    assert asked == ([True] if writable else [True, False])
