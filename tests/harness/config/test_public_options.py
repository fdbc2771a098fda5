"""Options that may be told: numbers and known words pass, whatever else an option holds does not."""

from __future__ import annotations

import json

import pytest
from hydra import compose, initialize
from omegaconf import OmegaConf

from harness.config.public_options import public_command, public_options
from harness.config.registration import register_options

SECRET = "kowalczyk"


def resolved(*options: str) -> dict:
    register_options(["attack=all"])
    with initialize(version_base="1.3", config_path=None):
        return OmegaConf.to_container(compose("run", list(options)), resolve=True)


def test_every_word_of_the_defaults_is_known():
    """Of all attacks and presets; a new word is left out until somebody lists it, and this test says so."""
    places = {("store", "root"), ("store", "verify"), ("out",), ("dry_run",)}  # or of no consequence
    for preset in ("quick", "small", "gpu"):
        options = resolved("attack=all", f"preset={preset}")
        told = public_options(options)

        def missing(whole, part, at=()):
            for name, value in whole.items():
                place = (*at, name)
                if place in places:
                    assert name not in part
                elif isinstance(value, dict):
                    yield from missing(value, part.get(name, {}), place)
                elif name not in part:
                    yield place

        assert list(missing(options, told)) == []


@pytest.mark.parametrize(
    "option",
    [
        f"data.root=/home/{SECRET}",
        f"data.root={SECRET}",
        f"store.root={SECRET}",
        f"out={SECRET}",
        f"preset.x={SECRET}",
        f"hydra.run.dir={SECRET}",
        f"attack.knn.encoder={SECRET}.safetensors",
        f"+attack.stack.parts.{SECRET}={{calibration: /x}}",
        f"shadow.steps=${{oc.env:{SECRET.upper()}}}",
        f"attack=[knn,/home/{SECRET}]",
        f"--config-dir={SECRET}/x",
        f"/home/{SECRET}",
        f"{SECRET}",
        f"seed=1 {SECRET}",
        f"data.size={SECRET}=1",
        f"~attack.{SECRET} x",
    ],
)
def test_a_word_of_the_command_that_names_places_has_no_value(option):
    told = " ".join(public_command([option], resolved("attack=[knn,ssim]")))
    if option.startswith("+attack.stack.parts."):  # the name of a part is one of an attack
        assert "/x" not in told
    else:
        assert SECRET not in told.lower()
    assert "..." in told


def test_words_that_name_no_places_stay():
    words = ["attack=[knn,ssim]", "data=phantom", "shadow.steps=30", "shadow.channels=[8,16]", "attack.knn.k=3", "-m",
             "seed=0,1", "device=cuda", "launch.workers=0", "report.pictures=all"]  # fmt: skip
    assert public_command(words, resolved("attack=[knn,ssim]", "device=cuda", "launch.workers=0")) == words


def test_a_clusters_address_is_told_to_nobody():
    given = ["launch=ray", f"launch.address={SECRET}:6379", "launch.cpus=2", "attack=[knn,ssim]"]
    assert public_options(resolved(*given))["launch"].items() >= {"name": "ray", "cpus": 2.0}.items()
    assert SECRET not in json.dumps(public_options(resolved(*given)))
    told = public_command(given, resolved(*given))
    assert told == ["launch=ray", "launch.address=...", *given[2:]]


def test_a_value_must_be_a_number_or_a_known_word_whatever_it_is_called():
    options = resolved("attack=[knn,loss]")
    options["attack"]["knn"] |= {"calibration": SECRET, "distance": f"/{SECRET}", "k": SECRET, "list": [1, SECRET]}
    options["attack"]["knn"]["inner"] = {"deep": {"text": SECRET}, SECRET * 5: 3}
    options["attack"][f"{SECRET}/path"] = {"k": 1}
    options["data"] = {"name": SECRET, "size": SECRET, "root": SECRET, "seed": [SECRET]}
    options |= {"preset": SECRET, "rule": SECRET, "seed": SECRET, "device": SECRET, SECRET: 1}
    options["shadow"] |= {"prediction": SECRET, "steps": SECRET, SECRET: 1}
    assert SECRET not in json.dumps(public_options(options))
