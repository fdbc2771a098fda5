"""`surrogate.dev=false`: a chosen attack that asks surrogates is not checked on dev, nor anything trained for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import TINY_PHANTOM

from attacks.knn import NearestNeighbour
from attacks.loss import DenoisingLoss
from harness.config.settings import composed
from harness.data.edition_release import EditionRelease
from harness.data.pool import load_pool
from harness.experiment.dev_check import check_on_dev
from harness.planning.make import make_plan
from harness.planning.work import work_list
from harness.store import Store


class Noting:
    """In the place of the executor: it notes what it is asked for, and ends the check where scores are wanted."""

    def __init__(self) -> None:
        self.trained, self.attacked = 0, []

    def train_surrogates(self, jobs) -> None:
        self.trained += len(jobs)

    def attack_shadows(self, attacks, what) -> None:
        self.attacked = [one.label for one in attacks]
        raise StopIteration


class Evaluator:
    def _replace(self, **more) -> Evaluator:
        return self


@pytest.mark.filterwarnings("ignore::harness.errors.HarnessWarning")
@pytest.mark.parametrize(("option", "attacked"), [("true", ["knn", "loss@surrogate"]), ("false", ["knn"])])
def test_a_chosen_surrogate_is_checked_where_its_trainings_are_wanted(tmp_path, option, attacked):
    options = [*TINY_PHANTOM, "surrogate.use=true", f"surrogate.dev={option}", f"store.root={tmp_path}"]
    settings = replace(composed(options), attacks={"knn": NearestNeighbour(), "loss": DenoisingLoss()})
    test = EditionRelease(np.arange(16), None, 12, "t", "", tmp_path)
    dev = EditionRelease(np.arange(16, 24), np.arange(8) < 4, 6, "d", "", tmp_path)
    pool = replace(load_pool(settings.data, Store(tmp_path)), given={"test": test, "dev": dev})
    plan = make_plan(settings, pool)
    work, executor = work_list(settings, plan), Noting()
    usable = [one for one in work.attacks if one.via != "model"]
    with pytest.raises(StopIteration):
        check_on_dev(settings, executor, Evaluator(), plan=plan, work=work, usable=usable, chosen=usable[-1])
    assert executor.attacked == attacked
    assert bool(executor.trained) == (option == "true")
