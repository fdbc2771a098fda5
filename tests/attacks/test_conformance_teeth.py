"""The conformance tests bite: each slip that an attack may make is found, by the test that is meant for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from attacks.conformance.worlds import World, wrong_target
from attacks.knn import knn_cal

SLIPS = '''
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from attacks.knn import NearestNeighbour
from attacks import noising
from attacks.base import Access, Attack
from attacks.loss import DenoisingLoss
from attacks.registry import register


def slip(name):
    return lambda cls: register("slip_" + name)(dataclass(frozen=True)(cls))


@slip("undocumented")
class Undocumented(NearestNeighbour):
    """An option without a word."""
    secret: int = 0


@slip("no_docstring")
class NoDocstring(NearestNeighbour):
    pass


@slip("options")
class Options(NearestNeighbour):
    """where: a type that no JSON carries."""
    where: Path = Path("x")


@slip("wordless_check")
class WordlessCheck(NearestNeighbour):
    """Refuses without a sentence."""
    def check(self, shape):
        if shape.size < 8:
            raise ValueError("no")


@slip("reversed")
class Reversed(NearestNeighbour):
    """Smaller = member."""
    def observe(self, view):
        return -super().observe(view)


@slip("control")
class Control(NearestNeighbour):
    """Says it is a control and finds members."""
    control = True


@slip("order")
class ByOrder(NearestNeighbour):
    """The place in the list counts."""
    def observe(self, view):
        return super().observe(view) + 0.1 * np.arange(len(view.candidates))


@slip("company")
class ByCompany(NearestNeighbour):
    """Says that it looks at pairs, and adds a trace of who else is there."""
    def observe(self, view):
        return super().observe(view) + 1e-12 * view.candidates.mean()


@slip("ids")
class ByName(Attack):
    """The name counts."""
    needs = Access.RELEASE
    def _score(self, target):
        return NearestNeighbour().score(target) + np.array([0.1 * int(one[-1:], 36) for one in target.ids])


@slip("nan")
class NotANumber(NearestNeighbour):
    """log of 0 for exact copies."""
    def observe(self, view):
        flat = view.candidates.reshape(len(view.candidates), -1).astype(float)
        released = view.release.reshape(len(view.release), -1).astype(float)
        with np.errstate(divide="ignore"):
            return -np.log(np.abs(flat[:, None] - released).max(axis=2).min(axis=1))


@slip("collapse")
class Collapse(NearestNeighbour):
    """Divides by the spread of the release."""
    def observe(self, view):
        with np.errstate(divide="ignore", invalid="ignore"):
            return super().observe(view) / np.ptp(view.release.astype(float), axis=0).mean()


@slip("random")
class Random(NearestNeighbour):
    """A noise without a seed."""
    def observe(self, view):
        return super().observe(view) + 1e-3 * np.random.default_rng().standard_normal(len(view.candidates))


@slip("silent")
class Silent(Attack):
    """Needs references, and does not say so."""
    needs = Access.RELEASE
    def _score(self, target):
        return -np.log([np.abs(target.release.astype(float) - x).mean(axis=(1, 2)).min() + 1.0
                        for x in target.candidates]) + 0.0 * len(target.references[0].release)


@slip("writes")
class Writes(Attack):
    """Writes into its target."""
    needs = Access.RELEASE
    def _score(self, target):
        target.release[0] = 0
        return NearestNeighbour().score(target)


@slip("fit_in_place")
class FitInPlace(NearestNeighbour):
    """`fit` gives back no fitted copy."""
    def fit(self, shadows):
        return replace(self)


@slip("unpicklable")
class Unpicklable(NearestNeighbour):
    """Keeps a function that no other process can get."""
    def fit(self, shadows):
        return self.fitted(_sign=lambda values: values)


@slip("batch")
class ByBatch(DenoisingLoss):
    """The batch size counts."""
    def observe(self, view):
        return super().observe(view) * (1.0 + 0.01 * noising.BATCH_IMAGES)


@slip("own_calibration")
class OwnCalibration(NearestNeighbour):
    """Observes anew for every calibration."""
    after = frozenset()


@slip("looks_aside")
class LooksAside(NearestNeighbour):
    """Looks at the release after observing."""
    def _score(self, target):
        return super()._score(target) + 1e-3 * target.release.mean()


@slip("flat")
class Flat(NearestNeighbour):
    """A signal that cannot be calibrated."""
    def signal(self, observed):
        return observed if self.calibration == "none" else np.zeros(len(observed))
'''

FINDERS = {
    "undocumented": "test_is_documented",
    "no_docstring": "test_is_documented",
    "options": "test_options_survive_json_and_hydra",
    "wordless_check": "test_check_refuses_in_words",
    "reversed": "test_planted_copies_are_found",
    "control": "test_planted_copies_are_found",
    "order": "test_names_carry_nothing",
    "company": "test_pairs_are_compared_exactly",
    "ids": "test_names_carry_nothing",
    "nan": "test_exact_copies_stay_finite",
    "collapse": "test_release_of_one_image_stays_finite",
    "random": "test_scores_are_finite_float64_and_repeat",
    "silent": "test_says_why_it_cannot_run",
    "writes": "test_planted_copies_are_found",
    "fit_in_place": "test_fitting_makes_a_copy",
    "unpicklable": "test_is_picklable",
    "batch": "test_batches_of_network_calls_do_not_change_scores",
    "own_calibration": "test_observation_is_named_in_json_and_shared_by_calibrations",
    "looks_aside": "test_score_comes_from_what_was_observed",
    "flat": "test_every_calibration_works",
}


@pytest.fixture(scope="module")
def failures(tmp_path_factory) -> set[tuple[str, str]]:
    """(test, slip) of everything that failed."""
    folder = tmp_path_factory.mktemp("slips")
    (folder / "slips.py").write_text(SLIPS)
    chosen = [word for slip in FINDERS for word in ("--attack", f"slip_{slip}")]
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "slips", "-p", "no:cacheprovider", "-q", "--tb=no", "-rfE",
         "--pyargs", "attacks.conformance", *chosen],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return set(re.findall(r"(?:FAILED|ERROR) \S+::(\w+)\[slip_(\w+?)[-\]]", done.stdout))


@pytest.mark.parametrize(("slip", "finder"), FINDERS.items(), ids=FINDERS)
def test_a_slip_is_found(failures, slip, finder):
    assert (finder, slip) in failures


def test_wrong_target_finds_the_complement_among_the_references():
    """The control has teeth: with the trap planted, a calibrated attack tells members from nothing at all."""
    world = World(n_pairs=12, seed=2)
    aucs = {
        trap: np.mean(
            [
                roc_auc_score(labelled.member, knn_cal().score(labelled.target))
                for labelled in (wrong_target(world, pair, trap) for pair in range(12))
            ]
        )
        for trap in (False, True)
    }
    assert aucs[True] > 0.65
    assert abs(aucs[False] - 0.5) < 0.12
