"""Cores, memory and devices: what training and attacks can use here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.doctor.finding import Finding
from harness.memory import free_memory, granted_memory

PART, DEVICES = "machine", "devices"
_GIB = 2**30
_CGROUP, _CPU_INFO = Path("/sys/fs/cgroup"), Path("/proc/cpuinfo")
_FAST_BF16 = ("amx_bf16", "avx512_bf16", "bf16")  # flags of x86, and the feature of ARM


def cores_found() -> Finding:
    """How many cores there are, and how many this process may use."""
    all_of_them, ours = os.cpu_count() or 1, len(os.sched_getaffinity(0))
    told = f"{all_of_them}, of which this process may use {ours}"
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdigit():
        told += f" (OMP_NUM_THREADS={threads})"
    granted = _cores_granted()
    if granted is not None and granted < ours:
        workers = max(1, int(granted))
        mend = f"Give launch.workers={workers}, so that jobs do not wait for one another."
        return Finding(PART, "cores", "note", f"{told}; its container grants the time of {granted:g}.", mend)
    return Finding(PART, "cores", "good", told)


def memory_found() -> Finding:
    """How much memory there is, is free, and is granted."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    told = f"{total / _GIB:.1f} GiB"
    free, granted = free_memory(), granted_memory()
    if free is not None:
        told += f", of which {free / _GIB:.1f} GiB are free"
    if granted is not None and granted < total:
        told += f"; its container grants {granted / _GIB:.1f} GiB"
    return Finding(PART, "memory", "good", told)


def devices_found() -> Iterator[Finding]:
    """What torch can compute on, and which of these `device=auto` takes."""
    try:
        import torch  # two seconds

        from shadow_models.device import resolve_device
    except Exception as error:  # a half-installed torch can raise anything, from an OSError of its libraries on
        told = f"torch cannot be imported ({type(error).__name__}), and nothing is trained without it."
        yield Finding(DEVICES, "torch", "broken", told, "pip install --force-reinstall torch")
        return
    yield Finding(DEVICES, "device=auto", "good", f"takes {resolve_device('auto').type}")
    fast = any(flag in _flags() for flag in _FAST_BF16)
    bf16 = "bfloat16 in hardware" if fast else "bfloat16 is emulated, and slow: train in float32"
    yield Finding(DEVICES, "cpu", "good", f"{torch.backends.cpu.get_cpu_capability()}, {bf16}")
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            facts = torch.cuda.get_device_properties(number)
            bf16 = "in hardware" if facts.major >= 8 else "emulated"
            told = f"{facts.name}, {facts.total_memory / _GIB:.0f} GiB, bfloat16 {bf16}"
            yield Finding(DEVICES, f"cuda:{number}", "good", told)
        yield _compiler_found()
    elif torch.backends.mps.is_available():
        yield Finding(DEVICES, "mps", "good", "Apple's GPU")
    else:
        built = torch.version.cuda
        why = f"torch is built for CUDA {built}, and no GPU answers" if built else "this torch is built without CUDA"
        told = f"none: {why}. All is done on the CPU, which the presets quick and small are made for."
        yield Finding(DEVICES, "gpu", "note", told)


def _compiler_found() -> Finding:
    """Networks are compiled on a GPU, which asks for a C compiler."""
    if any(shutil.which(name) for name in ("cc", "gcc", "clang")):
        return Finding(DEVICES, "compiler", "good", "there, for compiled networks")
    told = "no C compiler, which compiled networks on a GPU ask for."
    return Finding(DEVICES, "compiler", "note", told, "Install gcc (say `apt-get install gcc`).")


def _cores_granted() -> float | None:
    """The cores' worth of time that a container's quota grants; None for no limit, or where nobody says."""
    parts = _text(_CGROUP / "cpu.max").split()
    if len(parts) == 2 and parts[0].isdigit() and parts[1].isdigit() and int(parts[1]):
        return int(parts[0]) / int(parts[1])
    return None


def _flags() -> set[str]:
    lines = (line.partition(":") for line in _text(_CPU_INFO).splitlines())
    return next((set(flags.split()) for name, _, flags in lines if name.strip() in ("flags", "Features")), set())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
