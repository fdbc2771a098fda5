"""How the base that ships is made: its slices, its recipe, and where it lies."""

from __future__ import annotations

from pathlib import Path

from shadow_models.families.dct import DctRecipe

NAME = "phantom-64"
FOLDER = Path(__file__).parent / NAME
PHANTOM_SEED = "base"
"""A word: `data=phantom` draws by whole numbers, so no `data.seed` gives a patient of the base."""
N_PATIENTS = 3_000
SLICES_EACH = 2
SEED = 0
"""Of the training: weights, batches and noise."""
RECIPE = DctRecipe(steps=12_000, batch=16, learning_rate=3e-3, ema_decay=0.998)
SHA256 = "ba51cb462679c9f49dcbf0cf6ccc874dadb600eec0e0de1bea81ea141389c963"
"""Of the weights that ship."""
