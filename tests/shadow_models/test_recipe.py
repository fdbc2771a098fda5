import json
import subprocess
import sys
from dataclasses import replace

import pytest
from omegaconf import OmegaConf

from shadow_models.families.dct import PRESETS, DctRecipe
from shadow_models.recipe import recipe_from_dict


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("prediction", "x0", ["prediction", "'x0'", "v_prediction", "epsilon"]),
        ("schedule", "cosin", ["schedule", "linear", "cosine"]),
        ("precision", "fp8", ["precision", "fp32", "bf16", "fp16"]),
        ("sampler", "euler", ["sampler", "dpm++", "ddim"]),
        ("time_sampling", "normal", ["time_sampling", "lognormal", "uniform"]),
        ("sample_steps", 10, ["sample_steps", "10", "15", "25"]),
        ("learning_rate", float("nan"), ["learning_rate", "nan"]),
        ("ema_decay", 1.0, ["ema_decay", "between"]),
        ("steps", 0, ["steps", "between 1"]),
        ("size", 60, ["size", "60", "multiple", "8"]),
        ("channels", [], ["channels", "at least one"]),
        ("channels", [24, 50], ["norm_groups", "divisor", "50"]),
        ("sample_sigma_min", 9.0, ["sample_sigma_min", "below", "sample_sigma_max"]),
    ],
)
def test_a_bad_value_gives_a_sentence(field: str, value: object, words: list[str]) -> None:
    good = replace(DctRecipe(), sample_sigma_max=8.0)
    with pytest.raises(ValueError, match=r"^Recipe field .*\.$") as caught:
        replace(good, **{field: value})
    assert [word for word in words if word not in str(caught.value)] == []


def test_presets_have_the_promised_sizes() -> None:
    assert {name: recipe.size for name, recipe in PRESETS.items()} == {"quick": 64, "small": 128, "gpu": 256}
    assert not any(recipe.flip for recipe in PRESETS.values())


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_recipe_survives_json_and_hydra(name: str) -> None:
    recipe = PRESETS[name]
    assert recipe_from_dict(json.loads(json.dumps(recipe.to_dict())), DctRecipe) == recipe
    node = OmegaConf.merge(OmegaConf.structured(recipe), OmegaConf.from_dotlist(["steps=7", "channels=[32,64]"]))
    chosen = OmegaConf.to_object(node)
    assert isinstance(chosen, DctRecipe)
    assert (chosen.steps, chosen.channels, chosen.size) == (7, [32, 64], recipe.size)


def test_hydra_checks_values_too() -> None:
    node = OmegaConf.merge(OmegaConf.structured(DctRecipe()), OmegaConf.from_dotlist(["sampler=euler"]))
    with pytest.raises(ValueError, match="sampler"):
        OmegaConf.to_object(node)


def test_strange_fields_are_named() -> None:
    with pytest.raises(ValueError, match="colour"):
        recipe_from_dict({"steps": 3, "colour": 1}, DctRecipe)


def test_recipe_and_denoiser_load_no_heavy_library() -> None:
    heavy = "{'torch', 'diffusers', 'accelerate', 'transformers'}"
    code = f"import sys, shadow_models.recipe, shadow_models.denoiser; print(sorted({heavy} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"


def test_training_and_sampling_modules_load_diffusers_late() -> None:
    late = "{'diffusers', 'accelerate'}"
    code = f"import sys, shadow_models.train, shadow_models.sample; print(sorted({late} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"
