"""Checkpoints of a training: safetensors and json, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load_file, save

from shadow_models.sealed import as_sealed, sealed

if TYPE_CHECKING:
    import torch

SCHEMA = 3
_MOST_ABOUT_BYTES = 16_000_000


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
    """Write `folder/step-N/`, beside and renamed into place, then remove older ones; nobody else may read it.

    Where a later step lies there, another training has gone on from here while this one was stopped: nothing is
    written, and nothing of the other's is touched. `run` is what the checkpoint belongs to (recipe, seed, members):
    `read_checkpoint` insists on the same.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    place = folder / f"step-{checkpoint.step:09d}"
    if any(there.name >= place.name for there in folder.glob("step-*")):
        return
    for left in folder.glob("partial-*"):  # of a killed run: one training at a time writes here
        shutil.rmtree(left, ignore_errors=True)
    beside = Path(tempfile.mkdtemp(prefix="partial-", dir=folder))
    try:
        tensors = {name: value.detach().cpu().contiguous() for name, value in checkpoint.tensors.items()}
        _write(beside / "state.safetensors", save(tensors))  # an OSError with an errno where the disk is full
        about = {
            "schema": SCHEMA,
            "step": checkpoint.step,
            "tensors": _sha256(beside / "state.safetensors"),
            "extra": checkpoint.extra,
            "run": run,
        }
        _write(beside / "state.json", sealed(about).encode())
        beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    for old in folder.glob("step-*"):
        if old.name < place.name:
            shutil.rmtree(old, ignore_errors=True)


def read_checkpoint(folder: Path, run: dict[str, Any]) -> Checkpoint | None:
    """Return the latest checkpoint in the folder, or None where there is none.

    CheckpointError, one sentence, where it belongs to another run (it names what differs) or is damaged.
    """
    places = sorted(folder.glob("step-*"))
    if not places:
        return None
    try:
        text = _about(places[-1] / "state.json")
        about = json.loads(text)
        schema, kept_run, step, extra = (about[name] for name in ("schema", "run", "step", "extra"))
        if not isinstance(kept_run, dict) or type(step) is not int:
            raise ValueError("state.json is none that is written here")
        whole = as_sealed(text) and places[-1].name == f"step-{step:09d}"
        whole = whole and _sha256(places[-1] / "state.safetensors") == about.get("tensors")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
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
    try:
        return Checkpoint(step, load_file(places[-1] / "state.safetensors"), extra)
    except (SafetensorError, ValueError, TypeError) as error:  # a digest that fits, and no tensors behind it
        raise CheckpointError(f"The checkpoint {places[-1]} cannot be read ({error}).") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Write a new file for our eyes only, to the disk: else a power cut could leave its name without the bytes."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _about(path: Path) -> str:
    """The text of `state.json`; ValueError where it is no file or longer than any that is written."""
    if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > _MOST_ABOUT_BYTES:
        raise ValueError("state.json is no small file")
    return path.read_text(encoding="utf-8")
