"""How long training and sampling take here: what this store remembers of the same network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from harness.jobs.generators import GeneratorJob, SurrogateJob
from harness.store import Store
from shadow_models.recipe import Recipe


class Pace(NamedTuple):
    """Seconds of one worker: an optimiser step, a released image."""

    step: float
    image: float

    def seconds(self, job: GeneratorJob | SurrogateJob) -> float:
        """What a job takes from its beginning."""
        images = job.n_images if isinstance(job, GeneratorJob) else 0
        return max(job.recipe.n_steps, 1) * self.step + images * self.image


def known_pace(store: Store, recipe: Recipe) -> Pace | None:
    """What generators and releases of this network took; None where this store has made none yet."""
    step = [f["seconds_a_step"] for f in facts_of_network(store, "generator", recipe) if f.get("seconds_a_step")]
    image = [f["seconds_an_image"] for f in facts_of_network(store, "release", recipe)]
    return Pace(float(np.median(step)), float(np.median(image))) if step and image else None


def told(seconds: float) -> str:
    """Seconds for people: `40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def facts_of_network(store: Store, kind: str, recipe: Recipe) -> Iterator[dict[str, Any]]:
    """Facts of all artefacts of a kind that are of a recipe's network."""
    network = json.loads(json.dumps(recipe.network()))
    for facts in store.facts(kind):
        if facts.get("network") == network:
            yield facts
