"""What is typed of a recipe and its start, and what becomes of it."""

from __future__ import annotations

import pytest

from harness.config.recipe_options import Start, leak_of
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.errors import InputError
from harness.planning.make import make_plan
from harness.planning.start import with_start
from harness.planning.surrogates import surrogate_jobs
from harness.planning.trials import scaled
from harness.store import Store
from shadow_models.base.recipe import NAME
from shadow_models.families.dct import PRESETS, DctRecipe
from shadow_models.fine_tuning import DEFAULT_LEAK, FINE_TUNING, LEAKS


def test_the_default_starts_from_the_phantoms_base_at_the_dials_usual_point():
    settings = composed([])
    assert (settings.start.name, leak_of(settings.recipe, settings.start)) == (NAME, DEFAULT_LEAK)
    assert settings.recipe.steps == LEAKS[DEFAULT_LEAK] == FINE_TUNING["quick"].steps
    assert settings.recipe.learning_rate == FINE_TUNING["quick"].learning_rate
    assert settings.recipe.weights() == DctRecipe().weights()


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_a_name_for_steps(leak):
    settings = composed([f"shadow.leak={leak}"])
    assert (settings.recipe.steps, leak_of(settings.recipe, settings.start)) == (LEAKS[leak], leak)


def test_leaks_rise_with_their_steps():
    assert list(LEAKS) == ["faint", "weak", "medium", "strong"]
    assert list(LEAKS.values()) == sorted(set(LEAKS.values()))


def test_a_number_that_is_typed_holds_and_the_dial_is_then_not_named():
    settings = composed(["shadow.steps=321"])
    assert (settings.recipe.steps, settings.start.name) == (321, NAME)
    settings = composed(["shadow.learning_rate=1e-4", "shadow.warm_up=0.5"])
    assert (settings.recipe.learning_rate, settings.recipe.warm_up) == (1e-4, 0.5)
    assert settings.recipe.steps == FINE_TUNING["quick"].steps


@pytest.mark.parametrize(
    "words",
    [
        ["shadow.steps=321"],
        ["shadow.warm_up=0.5"],
        ["shadow.batch=16"],
        ["shadow.leak=weak", "shadow.sampler=ddim"],
        ["shadow.start=nothing"],
    ],
)
def test_the_dial_names_no_recipe_but_those_that_were_measured(words):
    settings = composed(words)
    assert leak_of(settings.recipe, settings.start) is None
    medium = composed([])
    assert leak_of(medium.recipe, Start("extra")) is None
    assert leak_of(scaled(medium.recipe, 2), medium.start) is None


def test_from_nothing_the_presets_are_what_they_were():
    for name, recipe in PRESETS.items():
        assert composed([f"preset={name}", "shadow.start=nothing"]).recipe == recipe


@pytest.mark.parametrize("words", [["preset=small"], ["data.size=32"], ["shadow.channels=[16,32]"]])
def test_a_network_that_is_not_the_bases_is_trained_from_nothing_unless_told_otherwise(words):
    settings = composed(words)
    assert settings.start.name == "nothing"
    with pytest.raises(InputError, match=r"start=phantom-64: The generator to start from has another network"):
        composed([*words, f"shadow.start={NAME}"])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["shadow.start=phantom64"], "phantom-64"),
        (["shadow.start=no/such/folder"], "Nor is there such a folder"),
        (["shadow.start=extra"], r"data\.extra=DIR"),
        (["shadow.leak=mediun"], "medium"),
        (["shadow.leak=weak", "shadow.steps=7"], "keep one"),
        (["shadow.leak=weak", "shadow.start=nothing"], r"shadow\.steps=N"),
        (["shadow.leak=weak", "preset=small"], r"shadow\.steps=N"),
        (["shadow.tuning=quik"], "quick"),
        (["shadow.base_steps=0"], "at least 1"),
        (["shadow.base_steps=9"], r"shadow\.start=extra"),
        (["shadow.leak=weak", "shadow.tuning=small"], r"shadow\.steps=N"),
        (["shadow.start=nothing", "shadow.steps=0"], "steps"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(words, why, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=why):
        composed(words)


def test_extra_slices_that_nothing_would_learn_are_refused(tmp_path, images):
    folder = ["data=folder", f"data.root={tmp_path}", f"data.extra={tmp_path}"]
    with pytest.raises(InputError, match=r"shadow\.start=nothing does without"):
        composed([*folder, "shadow.start=nothing"])
    assert composed(folder).start.name == "extra"


def test_the_options_that_a_run_writes_down_are_whole_and_lead_to_the_same_run():
    for words in ([], ["shadow.leak=weak"], ["shadow.start=nothing"], ["preset=small"]):
        settings = composed(words)
        written = settings.echo["shadow"]
        assert written["steps"] == settings.recipe.steps
        again = composed([f"preset={settings.preset}", *(f"shadow.{name}={written[name]}" for name in AGAIN)])
        assert (again.recipe, again.start) == (settings.recipe, settings.start)


AGAIN = ("start", "steps", "learning_rate", "warm_up")


def test_a_store_of_before_there_were_starts_is_still_read(tmp_path):
    """The keys that version 0.3.0 gave to the default run's first generator, last release and first surrogate."""
    settings = composed(["shadow.start=nothing", f"store.root={tmp_path}"])
    pool = load_pool(settings.data, Store(tmp_path))
    settings, base = with_start(settings, pool)
    assert base is None
    plan = make_plan(settings, pool)
    assert plan.generators[0].key == "ac772360a8bb5540bd32cb872d3aa955"
    assert plan.generators[-1].release_key == "222e7d2e310c2f52b1b3697426d2a2e3"
    assert surrogate_jobs(settings, plan)[0].key == "31aecd3fa6a0e796f1863ddec4bd6ea5"
    assert pool.key == "a11f3ed04b09b60c7c02a9300caafcc6"
