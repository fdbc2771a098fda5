"""The base that ships: what it is, that it knows no patient of ours, and that its command makes it again."""

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from attacks.base import Target
from attacks.knn import NearestNeighbour
from attacks.loss import DenoisingLoss
from attacks.view import CountedModel
from harness.data.groups import alike
from harness.data.options import PhantomData
from harness.data.sources.phantom import phantom_slices
from shadow_models.base.__main__ import main
from shadow_models.base.make import MADE, WEIGHTS, check_base, slices_of_base
from shadow_models.base.recipe import FOLDER, N_PATIENTS, PHANTOM_SEED, RECIPE, SEED, SHA256, SLICES_EACH
from shadow_models.generator import Generator, load_generator
from shadow_models.phantoms import patient as drawing
from shadow_models.phantoms.anatomy import draw_anatomy
from shadow_models.sample import sample

MOST_BYTES = 6 * 2**20


@cache
def default_slices(seed: int | None = None) -> NDArray[np.uint8]:
    data = PhantomData()
    return phantom_slices(data.patients, data.slices, data.size, data.seed if seed is None else seed).pixels


@pytest.fixture(scope="module")
def base() -> Generator:
    return load_generator(FOLDER)


@pytest.fixture(scope="module")
def release(base: Generator) -> NDArray[np.uint8]:
    return sample(base, 96, seed=0)


def test_it_is_small_and_what_its_recipe_made() -> None:
    assert (FOLDER / WEIGHTS).stat().st_size <= MOST_BYTES
    check_base(FOLDER)
    about = json.loads((FOLDER / MADE).read_text())
    assert (about["seed"], about["sha256"]) == (SEED, SHA256)
    slices = {name: about["slices"][name] for name in ("patients", "each", "seed")}
    assert slices == {"patients": N_PATIENTS, "each": SLICES_EACH, "seed": PHANTOM_SEED}
    assert json.loads((FOLDER / "generator.json").read_text())["recipe"] == RECIPE.to_dict()


def test_no_patient_of_the_default_data_is_in_it() -> None:
    """Seeds of data are whole numbers and the base's is a word, so no chest is drawn twice; looked at, too."""

    def chests(seed: int | str, n: int) -> set[str]:
        return {repr(draw_anatomy(drawing._generator(seed, patient, "anatomy"))) for patient in range(n)}

    data = PhantomData()
    ours = chests(data.seed, data.patients)
    assert len(ours) == data.patients
    assert not ours & chests(PHANTOM_SEED, N_PATIENTS)
    assert ours & chests(str(data.seed), 3), "a word that is a number would be one of theirs"
    assert not alike(default_slices(), slices_of_base(60)).any()


def test_before_its_release_and_its_model_attacks_are_at_chance(base: Generator, release: NDArray[np.uint8]) -> None:
    """Were the default data in it, they would stand out from fresh phantoms."""
    default, fresh = default_slices(), default_slices(seed=987_654_321)
    candidates = np.concatenate([default, fresh])
    member = np.arange(len(candidates)) < len(default)
    ids = tuple(f"{number:04d}" for number in np.random.default_rng(0).permutation(len(candidates)))
    target = Target(ids=ids, candidates=candidates, release=release, model=CountedModel(base))
    for attack in (NearestNeighbour(), DenoisingLoss(timesteps=(100, 200, 300))):
        assert abs(roc_auc_score(member, attack.score(target)) - 0.5) < 0.12


def test_it_draws_whole_slices(release: NDArray[np.uint8]) -> None:
    """Nearer to phantoms that it never saw than noise or a single picture could be: both clouds have one spread."""
    from harness.audit.features import dct_features, standardised
    from harness.audit.fidelity import Cloud, frechet

    fresh, other = default_slices(seed=987_654_321), default_slices(seed=987_654_322)
    scale = dct_features(other)

    def cloud(images: NDArray[np.uint8]) -> Cloud:
        return Cloud(standardised(dct_features(images), scale), np.arange(len(images)))

    floor = frechet(cloud(fresh), cloud(other))
    assert frechet(cloud(release), cloud(other)) < 3 * floor
    broken = np.roll(release, 32, axis=1)
    assert frechet(cloud(broken), cloud(other)) > 6 * floor


def test_the_command_makes_the_same_bytes_each_time_and_tells_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "other"):
        assert main(["make", "--folder", str(tmp_path / name), "--steps", "2", "--patients", "1"]) == 0
        assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["generator.json", WEIGHTS, MADE]
    one, other = (tmp_path / name / WEIGHTS for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    assert main(["check", "--folder", str(tmp_path / "one")]) == 2
    assert "is not the base that ships" in capsys.readouterr().err


def test_another_base_does_not_take_the_place_of_the_one_that_ships(capsys: pytest.CaptureFixture[str]) -> None:
    before = (FOLDER / WEIGHTS).stat().st_mtime_ns
    for words in (["--steps", "2"], ["--patients", "1"]):
        assert main(["make", *words]) == 2
    assert "give --folder DIR" in capsys.readouterr().err
    assert (FOLDER / WEIGHTS).stat().st_mtime_ns == before


def test_the_check_looks_at_weights_and_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    shutil.copytree(FOLDER, tmp_path / "copy")
    about = tmp_path / "copy" / "generator.json"
    about.write_text(about.read_text().replace('"linear"', '"cosine"'))
    assert main(["check", "--folder", str(tmp_path / "copy")]) == 2
    assert "another recipe" in capsys.readouterr().err
