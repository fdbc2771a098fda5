"""Loops are compiled where their machine code can be kept, and where it cannot."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
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


def imported_anew(path: Path) -> ModuleType:
    """As by another process."""
    spec = spec_from_file_location("loops", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_loop_is_compiled_anew_where_it_is_compiled_otherwise(tmp_path):
    """Its own file is as before: numba alone would take what it kept."""
    path = tmp_path / "loops.py"
    path.write_text("def thirds(values):\n    return values.sum() / 3.0\n")
    ways = [{}, {}, {"fastmath": {"reassoc"}}, {"inline": "always"}]

    def taken_from_disk(**how: object) -> bool:
        loop = compiler.compiled(**how)(imported_anew(path).thirds)
        assert loop(np.ones(3)) == 1.0
        return bool(loop.stats.cache_hits)

    assert [taken_from_disk(**how) for how in ways] == [False, True, False, False]
