"""The accelerator of one training: its device, its precision, its processes, and whether networks are compiled."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import torch

from shadow_models.device import resolve_device

if TYPE_CHECKING:
    from accelerate import Accelerator
    from accelerate.utils import TorchDynamoPlugin

COMPILED_FROM = 5_000
"""Steps that pay for the minute or two in which a network is compiled for a GPU."""
_ACCELERATE_PRECISION = {"fp32": "no", "bf16": "bf16", "fp16": "fp16"}


def accelerator_for(precision: str, batch: int, device: str, *, steps: int = 0) -> Accelerator:
    """Return the accelerator for the device; one process may train several generators on different ones.

    steps: of a network that may be compiled: the only one, with a loss of one derivative; 0: none may.
    """
    from accelerate import Accelerator  # seconds to import
    from accelerate.state import AcceleratorState, PartialState

    where = resolve_device(device)
    if precision == "fp16" and where.type != "cuda":
        raise ValueError(
            f"Recipe field precision is 'fp16', which needs a CUDA device, not {where}: take fp32 or bf16."
        )
    if where.type == "cuda" and where.index is not None:
        torch.cuda.set_device(where)
    # accelerate keeps device and precision for the whole process and refuses a second choice; forget the last
    # one
    alone = not PartialState._shared_state or PartialState().num_processes == 1
    AcceleratorState._reset_state(reset_partial_state=alone)
    accelerator = Accelerator(
        cpu=where.type == "cpu",
        mixed_precision=_ACCELERATE_PRECISION[precision],
        dynamo_plugin=compiling(where, steps),
    )
    if batch % accelerator.num_processes:
        raise ValueError(
            f"Recipe field batch is {batch}, which {accelerator.num_processes} processes cannot share "
            "evenly: start as many processes as divide it."
        )
    return accelerator


def compiling(where: torch.device, steps: int) -> TorchDynamoPlugin | None:
    """How networks are compiled: on a GPU, and where so many steps pay for it."""
    if where.type != "cuda" or steps < COMPILED_FROM or find_spec("triton") is None:
        return None
    from accelerate.utils import TorchDynamoPlugin  # seconds to import

    return TorchDynamoPlugin(backend="inductor", mode="default", dynamic=False, fullgraph=False)
