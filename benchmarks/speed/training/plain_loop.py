"""The peer: how diffusers' example of unconditional image generation trains, written anew without its options.

PNG files opened one by one, mirrored at random, by a DataLoader in the same process; accelerate, DDPMScheduler,
AdamW, a cosine schedule of the step size and diffusers' EMAModel with the example's numbers; the loss is read after
every step, for its progress bar. Only what is learnt is ours: the same UNet, batch, step size and prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

    from shadow_models.families.ddpm import DdpmRecipe


def train_plainly(
    files: Sequence[Path], recipe: DdpmRecipe, device: str, after_step: Callable[[int, int], None] | None = None
) -> nn.Module:
    """The network with its averaged weights, after the recipe's steps on the slices in the files.

    after_step(done, total): called after every step.
    """
    import diffusers.optimization
    import torch
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState
    from diffusers import DDPMScheduler
    from diffusers.training_utils import EMAModel

    AcceleratorState._reset_state(reset_partial_state=True)  # the device of another training in this process
    accelerator = Accelerator(cpu=device == "cpu", mixed_precision="no")  # as its README starts it
    model = _network(recipe)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, betas=(0.95, 0.999), weight_decay=1e-6)
    slices: Any = _Slices(files)
    loader: Any = torch.utils.data.DataLoader(slices, batch_size=recipe.batch, shuffle=True)
    schedule = diffusers.optimization.get_scheduler(
        "cosine",
        optimizer,
        num_warmup_steps=int(recipe.warm_up * recipe.steps),
        num_training_steps=recipe.steps,
    )
    noises = DDPMScheduler(num_train_timesteps=recipe.n_timesteps, prediction_type=recipe.prediction)
    model, optimizer, loader, schedule = accelerator.prepare(model, optimizer, loader, schedule)
    averaged = EMAModel(model.parameters(), decay=0.9999, use_ema_warmup=True, inv_gamma=1.0, power=0.75)
    averaged.to(accelerator.device)
    step = 0
    while step < recipe.steps:
        model.train()
        for clean in loader:
            noise = torch.randn(clean.shape, device=clean.device)
            t = torch.randint(0, recipe.n_timesteps, (len(clean),), device=clean.device)
            noised = noises.add_noise(clean, noise, t)
            wanted = noise if recipe.prediction == "epsilon" else noises.get_velocity(clean, noise, t)
            loss = torch.nn.functional.mse_loss(model(noised, t), wanted)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            averaged.step(model.parameters())
            loss.detach().item()
            step += 1
            if after_step is not None:
                after_step(step, recipe.steps)
            if step == recipe.steps:
                break
    averaged.copy_to(model.parameters())
    return accelerator.unwrap_model(model)


def _network(recipe: DdpmRecipe) -> nn.Module:
    """The UNet of the family, laid out in memory as it is built."""
    import torch

    from shadow_models.denoising.unet import build_unet

    shape = (1, recipe.size, recipe.size)
    network = build_unet(recipe, shape, recipe.patch, seed=0)
    return network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


class _Slices:
    """Slices from their files as the example's transforms give them: [1, h, w] in [-1, 1], half of them mirrored."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, place: int) -> torch.Tensor:
        import numpy as np
        import torch
        from PIL import Image

        with Image.open(self._files[place]) as image:
            grey = image.convert("L")
        if torch.rand(1) < 0.5:
            grey = grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = torch.from_numpy(np.array(grey)).float().div(255)[None]
        return (pixels - 0.5) / 0.5
