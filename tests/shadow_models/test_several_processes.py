"""Real processes (gloo) that train one generator together: as one does, and any number goes on from any other."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from shadow_models.generator import load_generator
from shadow_models.registry import find_family

pytestmark = pytest.mark.cluster
ROOT = str(Path(__file__).parents[2])
_TRAIN = """
import os, sys
from pathlib import Path
import numpy as np
from shadow_models import training
from shadow_models.one_training import Stopped
from shadow_models.registry import find_family
from shadow_models.train import train

family, folder, until = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
write, first = training.write_checkpoint, os.environ.get("RANK", "0") == "0"
def noted(*told):
    with (folder / "writers.txt").open("a") as file:
        file.write(os.environ.get("RANK", "0") + "\\n")
    write(*told)
training.write_checkpoint = noted
recipe = find_family(family).tiny().changed(batch=8)
members = np.random.default_rng(0).integers(0, 256, (10, 16, 16), np.uint8)
asked = iter(range(10_000))
stopping = lambda: next(asked) + 1 >= until
try:
    made = train(members, recipe, seed=1, device="cpu", checkpoint=folder / "checkpoint", stopping=stopping)
    if first:
        made.save(folder / "made")
except Stopped:
    pass
import torch.distributed as dist
if dist.is_initialized():  # else threads of gloo may still run when Python ends, which aborts it
    dist.destroy_process_group()
"""
FAMILIES = ("dct", "ddpm", "flow", "latent")
NEVER = 10_000


def processes(n: int, family: str, folder: Path, until: int = NEVER) -> None:
    """Train in so many, until that many steps of theirs are done."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"WORLD_SIZE": str(n), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _TRAIN, family, str(folder), str(until)],
            env=os.environ
            | {"PYTHONPATH": ROOT, "OMP_NUM_THREADS": "1"}
            | ({"RANK": str(rank), "LOCAL_RANK": str(rank), **told} if n > 1 else {}),
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(n)
    ]
    for one in started:
        _, said = one.communicate(timeout=600)
        assert one.returncode == 0, said[-2000:]


def weights_in(folder: Path) -> dict[str, np.ndarray]:
    content = load_generator(folder / "made").content()
    return {f"{file}/{name}": one for file, data in content.items() for name, one in load(data).items()}


def apart(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """How far weights are from each other, in parts of how far they are from nothing: AdamW moves a single weight
    whose gradient is next to nothing by rounding alone."""
    between = sum(float(np.square(one[name] - other[name]).sum()) for name in one)
    return (between / sum(float(np.square(weight).sum()) for weight in one.values())) ** 0.5


@pytest.mark.parametrize("family", FAMILIES)
def test_as_many_processes_as_divide_the_batch_end_where_one_ends(family, tmp_path):
    steps = find_family(family).tiny().n_steps
    processes(1, family, tmp_path / "one")
    alone = weights_in(tmp_path / "one")
    processes(2, family, tmp_path / "two", until=steps // 2)  # and stop, their state kept
    assert [*(tmp_path / "two" / "checkpoint").glob("step-*")]
    assert (tmp_path / "two" / "writers.txt").read_text().split() == ["0"]
    processes(4, family, tmp_path / "two")  # others go on
    assert apart(alone, weights_in(tmp_path / "two")) < 0.003


def test_one_process_goes_on_from_what_two_kept(tmp_path):
    processes(1, "dct", tmp_path / "one")
    processes(2, "dct", tmp_path / "two", until=5)
    processes(1, "dct", tmp_path / "two")
    assert apart(weights_in(tmp_path / "one"), weights_in(tmp_path / "two")) < 0.003
