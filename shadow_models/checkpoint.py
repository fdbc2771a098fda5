"""Checkpoints of a training: safetensors and json, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

from safetensors.torch import load_file, save

if TYPE_CHECKING:
    from pathlib import Path

    import torch

SCHEMA = 1


class CheckpointError(ValueError):
    """A checkpoint that cannot be gone on from; delete its folder to start anew."""


class Checkpoint(NamedTuple):
    """What a training needs to go on."""

    step: int
    """Optimiser steps done."""
    tensors: dict[str, torch.Tensor]
    """Weights, averaged weights and optimiser moments, by name."""
    extra: dict[str, Any]
    """Small plain values besides (the state of the loss scaler)."""


def write_checkpoint(folder: Path, checkpoint: Checkpoint, run: dict[str, Any]) -> None:
    """Write `folder/step-N/`, beside and renamed into place, then remove older ones.

    `run` is what the checkpoint belongs to (recipe, seed, members): `read_checkpoint` insists on the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"step-{checkpoint.step:09d}"
    if place.exists():
        return
    beside = folder / f"partial-{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    tensors = {name: value.detach().cpu().contiguous() for name, value in checkpoint.tensors.items()}
    (beside / "state.safetensors").write_bytes(save(tensors))  # an OSError with an errno where the disk is full
    about = {
        "schema": SCHEMA,
        "step": checkpoint.step,
        "sha256": _sha256(beside / "state.safetensors"),
        "extra": checkpoint.extra,
        "run": run,
    }
    (beside / "state.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    for path in beside.iterdir():
        _flush(path)  # else a power cut after the rename could leave the name without the bytes
    beside.rename(place)
    for old in folder.glob("step-*"):
        if old != place:
            shutil.rmtree(old, ignore_errors=True)


def read_checkpoint(folder: Path, run: dict[str, Any]) -> Checkpoint | None:
    """Return the latest checkpoint in the folder, or None where there is none.

    CheckpointError, one sentence, where it belongs to another run (it names what differs) or is damaged.
    """
    places = sorted(folder.glob("step-*"))
    if not places:
        return None
    try:
        about = json.loads((places[-1] / "state.json").read_text(encoding="utf-8"))
        schema, kept_run, step, extra = (about[name] for name in ("schema", "run", "step", "extra"))
        whole = _sha256(places[-1] / "state.safetensors") == about["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"The checkpoint {places[-1]} cannot be read ({error}).") from error
    if schema != SCHEMA:
        raise CheckpointError(f"The checkpoint {places[-1]} has schema {schema}, this version reads {SCHEMA}.")
    differing = sorted(key for key in {*run, *kept_run} if run.get(key) != kept_run.get(key))
    if differing:
        raise CheckpointError(
            f"The checkpoint {places[-1]} belongs to another training (different {', '.join(differing)})."
        )
    if not whole:
        raise CheckpointError(f"The checkpoint {places[-1]} is damaged (sha256 differs).")
    return Checkpoint(int(step), load_file(places[-1] / "state.safetensors"), extra)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
