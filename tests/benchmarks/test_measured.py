"""Runs that benchmarks begin end with them."""

import psutil
import pytest
from tiny import TINY_PHANTOM

from benchmarks import measured
from harness.cli import TerminatedError


@pytest.mark.parametrize("end", [KeyboardInterrupt, TerminatedError])
def test_a_run_ends_with_the_benchmark_that_began_it(tmp_path, monkeypatch, end):
    begun = []

    def look(pid):
        begun.append(pid)
        raise end

    monkeypatch.setattr(measured, "_memory_gib", look)
    with pytest.raises(end):
        measured.run_harness(tmp_path, [*TINY_PHANTOM, "attack=knn"])
    (pid,) = begun
    assert not psutil.pid_exists(pid)


def test_what_a_run_says_is_told_where_it_fails(tmp_path):
    with pytest.raises(SystemExit, match=r"The run failed \(2\):\n.*There is no attack 'kn'"):
        measured.run_harness(tmp_path, ["attack=kn"])
