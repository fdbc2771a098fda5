"""Releases looked at in shards, measured: what the system does not tell is no figure."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import in_shards
from benchmarks.in_shards import look, memory_row


@pytest.mark.parametrize("told", [True, False])
def test_where_the_system_does_not_tell_memory_the_row_is_skipped_with_a_reason(tmp_path, monkeypatch, told):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "release.npy", rng.integers(0, 256, (60, 8, 8), dtype=np.uint8))
    candidates = rng.integers(0, 256, (3, 8, 8), dtype=np.uint8)
    monkeypatch.setattr(in_shards, "_STATUS", tmp_path / "status")
    (tmp_path / "status").write_text("VmRSS: 9 kB\n" + told * "RssAnon:\t 2048 kB\n")
    whole, sharded = ([look(candidates, tmp_path / "release.npy", 2, n)] for n in (1, 3))
    assert whole[0].observed == sharded[0].observed
    row = memory_row("memory", whole, sharded)
    if told:
        assert (row.skipped, row.holds is None) == (None, False)
    else:
        assert (row.value, row.holds) == (None, None)
        assert "RssAnon" in row.skipped
