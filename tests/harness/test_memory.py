"""Free memory: of the machine, and of the groups of processes that this one is in."""

from __future__ import annotations

import pytest

from harness import memory
from harness.memory import free_memory, granted_memory

GIB = 2**30


@pytest.fixture
def system(monkeypatch, tmp_path):
    """system(groups, files): what `/proc` and `/sys` say here; files: by group's folder, (limit, used, again)."""

    def says(groups: str, files: dict[str, tuple[str, int, int]], free: int = 8 * GIB) -> None:
        (tmp_path / "meminfo").write_text(f"MemTotal: 99 kB\nMemAvailable: {free // 1024} kB\nCached: 5 kB\n")
        (tmp_path / "cgroup").write_text(groups)
        for name, (limit, used, again) in files.items():
            folder = tmp_path / "groups" / name
            folder.mkdir(parents=True, exist_ok=True)
            first = name.startswith("memory")
            (folder / ("memory.limit_in_bytes" if first else "memory.max")).write_text(f"{limit}\n")
            (folder / ("memory.usage_in_bytes" if first else "memory.current")).write_text(f"{used}\n")
            line = "total_inactive_file" if first else "inactive_file"
            (folder / "memory.stat").write_text(f"anon 5\n{line} {again}\nactive_file 7\n")
        monkeypatch.setattr(memory, "_MEMORY", tmp_path / "meminfo")
        monkeypatch.setattr(memory, "_OURS", tmp_path / "cgroup")
        monkeypatch.setattr(memory, "_GROUPS", tmp_path / "groups")

    return says


@pytest.mark.parametrize(
    ("groups", "files"),
    [
        ("0::/slurm/job\n", {"slurm": (str(4 * GIB), 3 * GIB, GIB), "slurm/job": ("max", 9, 0)}),
        ("0::/job\n", {".": ("max", 0, 0), "job": (str(4 * GIB), 3 * GIB, GIB)}),
        ("0::/not/seen/here\n", {".": (str(4 * GIB), 3 * GIB, GIB)}),
        ("3:cpu:/\n2:cpuset,memory:/a/b\n0::/\n", {"memory/a/b": (str(4 * GIB), 3 * GIB, GIB)}),
        ("2:memory:/a\n", {"memory/a": (str(2**63 - 4096), 3 * GIB, 0), "memory": (str(4 * GIB), 3 * GIB, GIB)}),
    ],
    ids=["a group above", "own", "in a container", "the first version", "the first version's root"],
)
def test_what_is_left_of_a_limit_counts_whoever_sets_it(system, groups, files):
    system(groups, files)
    assert free_memory() == 2 * GIB
    assert granted_memory() == 4 * GIB


def test_the_machine_counts_where_it_has_less(system):
    system("0::/job\n", {"job": (str(4 * GIB), 0, 0)}, free=GIB)
    assert free_memory() == GIB


def test_the_first_version_of_groups_has_a_number_for_no_limit(system):
    system("2:memory:/a\n", {"memory/a": (str(2**63 - 4096), GIB, 0)})
    assert granted_memory() is None
    assert free_memory() == 8 * GIB


@pytest.mark.parametrize("groups", ["", "0::/\n", "nonsense\n", "0::/../..\n"])
def test_no_limit(system, groups):
    system(groups, {})
    assert free_memory() == 8 * GIB
    assert granted_memory() is None


def test_a_system_that_does_not_say(monkeypatch, tmp_path):
    for name in ("_MEMORY", "_OURS", "_GROUPS"):
        monkeypatch.setattr(memory, name, tmp_path / "nothing")
    assert free_memory() is None
    assert granted_memory() is None


def test_this_machine_says():
    assert (free_memory() or 0) > 2**20
