"""The recipes that targets are given, as docs/figures.md names them."""

from __future__ import annotations

from dataclasses import asdict

from benchmarks.power.transfer.targets import MATCHED, MISMATCHES, OF_STARTS, of_starts, train
from harness.config.recipe_options import STARTS
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.planning.make import make_plan
from harness.planning.start import with_start
from harness.store import Store
from shadow_models.families.dct import DctRecipe
from shadow_models.fine_tuning import FINE_TUNING


def test_each_mismatch_changes_what_its_name_says_and_nothing_else():
    quick = DctRecipe()
    changes = {
        one.name: {name: value for name, value in asdict(one.changed(quick)).items() if value != getattr(quick, name)}
        for one in MISMATCHES
    }
    assert changes == {
        "matched": {},
        "half the steps": {"steps": 400},
        "twice the steps": {"steps": 1600},
        "half the width": {"channels": [16, 32], "overview": 24, "closeup": 12},
        "half the members": {},
        "a quarter of the images": {},
        "other sampler": {"sampler": "dpm++"},
    }


def test_a_target_from_elsewhere_is_trained_as_its_start_is_and_has_the_same_network():
    quick = DctRecipe(steps=7)
    for one in OF_STARTS:
        changed = one.changed(quick)
        assert changed.weights() == quick.weights()
        usual = DctRecipe() if one.start == "nothing" else FINE_TUNING["quick"]
        assert (changed.steps, changed.learning_rate, changed.warm_up) == (
            usual.steps,
            usual.learning_rate,
            usual.warm_up,
        )
    assert sorted(one.start for one in OF_STARTS) == sorted(STARTS)


class _Listed:
    """Stands in for the executor: notes what is to be brought and trained."""

    def __init__(self):
        self.brought, self.trained = [], []

    def prepare(self, jobs):
        self.brought += jobs

    def train(self, jobs):
        self.trained += jobs


def test_targets_are_trained_from_what_their_names_say(tmp_path):
    settings = composed([f"store.root={tmp_path}", "data.patients=16"])
    pool = load_pool(settings.data, Store(tmp_path))
    settings, base = with_start(settings, pool)
    executor = _Listed()
    mismatches = [MATCHED, *(one for one in OF_STARTS if one.start != "extra")]
    targets = train(settings, pool, make_plan(settings, pool), executor, mismatches=mismatches, n_draws=1)
    assert list(targets) == [one.name for one in mismatches]
    by_name = {job.name: job for job in executor.trained}
    assert by_name["from nothing 0"].start is None
    assert by_name["from nothing 0"].recipe.steps == DctRecipe().steps
    # the matched one is trained as the one from the phantoms' base, so the store has it but once
    assert base.key in {job.start for job in executor.trained}
    assert [job.key for job in executor.brought] == [base.key]


def test_a_network_that_is_not_the_bases_has_no_target_from_it():
    assert of_starts(DctRecipe()) == list(OF_STARTS)
    assert [one.start for one in of_starts(DctRecipe(channels=[16, 32]))] == ["nothing", "extra"]
