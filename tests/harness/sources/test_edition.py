import dataclasses
import shutil
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.editions import Edition, edition_names, load_edition
from harness.errors import HarnessWarning, InputError
from harness.sources.edition import find_leaves, read_leaf
from harness.sources.slices import Slices

TEST = {"test/test_1/generated_1": "generated_{:05d}", "test/test_1/real_unknown_1": "real_unknown_{:04d}"}
DEV = {
    "dev/img_gen/generated": "generated_{:04d}",
    "dev/img_real/used": "used_{:04d}",
    "dev/img_real/not_used": "not_used_{:04d}",
}


@pytest.fixture
def edition() -> Edition:
    return load_edition("imageclef2023")


def _put(root: Path, folders: dict[str, str], count: int = 3) -> None:
    for folder, pattern in folders.items():
        (root / folder).mkdir(parents=True)
        for index in range(1, count + 1):
            image = Image.fromarray(np.full((32, 32), index % 256, np.uint8))
            image.save(root / folder / f"{pattern.format(index)}.png")


def read_edition(root: Path, edition: Edition, size: int) -> dict[str, Slices]:
    """Every leaf that is there, as the pool reads them."""
    leaves = find_leaves(root, edition)
    return {role: read_leaf(role, edition.leaves[role], folder, size) for role, folder in leaves.items()}


def _read(root: Path, edition: Edition) -> tuple[dict[str, Slices], list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = read_edition(root, edition, 16)
    return data, [str(w.message) for w in caught]


def test_all_five_leaves_are_found_below_any_parent(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, TEST | DEV)
    data, _ = _read(tmp_path, edition)
    assert data["test_candidates"].ids == ("real_unknown_0001", "real_unknown_0002", "real_unknown_0003")
    assert data["dev_used"].ids[0] == "dev_used/used_0001"
    for slices in data.values():
        assert slices.pixels.shape == (3, 16, 16)
        assert slices.patient_ids == slices.ids
        assert slices.pixels[:, 0, 0].tolist() == [1, 2, 3], "in the order of their names"


def test_no_two_images_share_an_id(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, dict.fromkeys(TEST | DEV, "{:04d}"))
    data, remarks = _read(tmp_path, edition)
    ids = [name for slices in data.values() for name in slices.ids]
    assert len(set(ids)) == len(ids) == 15
    assert data["test_candidates"].ids[0] == "0001", "figure ids stay as they are"
    assert sum("do not match" in remark for remark in remarks) == 5


def test_the_dev_set_may_be_absent(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, TEST)
    data, _ = _read(tmp_path, edition)
    assert set(data) == {"test_generated", "test_candidates"}


@pytest.mark.parametrize(
    "names", [("real_used", "real_not_used"), ("real_used", "real_unused"), ("USED", "Not_Used")]
)
def test_aliases_count_whatever_their_case(tmp_path: Path, edition: Edition, names: tuple[str, str]) -> None:
    used, not_used = names
    leaves = {f"x/{used}": "used_{:04d}", f"y/{not_used}": "not_used_{:04d}", "Generated": "generated_{:04d}"}
    _put(tmp_path, leaves | {"GENERATED_1": "generated_{:05d}", "Real_Unknown_1": "real_unknown_{:04d}"})
    data, _ = _read(tmp_path, edition)
    assert data["dev_not_used"].ids[0] == "dev_not_used/not_used_0001"


def test_real_all_stands_in_for_missing_candidates_only(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, {"generated_1": "generated_{:05d}", "real_all": "real_unknown_{:04d}"})
    data, remarks = _read(tmp_path, edition)
    assert len(data["test_candidates"]) == 3
    assert any("real_all is taken as test_candidates" in remark for remark in remarks)
    _put(tmp_path, {"real_unknown_1": "real_unknown_{:04d}"}, count=2)
    data, remarks = _read(tmp_path, edition)
    assert len(data["test_candidates"]) == 2
    assert not any("real_all is" in remark for remark in remarks)


def test_two_folders_for_one_role_are_both_named(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, TEST | {"copy/real_unknown_1": "real_unknown_{:04d}"})
    with pytest.raises(InputError, match=r"copy/real_unknown_1 and test/test_1/real_unknown_1"):
        _read(tmp_path, edition)


def test_a_folder_nested_in_its_namesake_is_one_match(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, {"generated_1/generated_1": "generated_{:05d}", "real_unknown_1": "real_unknown_{:04d}"})
    assert len(_read(tmp_path, edition)[0]["test_generated"]) == 3


def test_the_shadow_folder_of_an_archive_is_no_match(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, TEST | {"__MACOSX/generated_1": "generated_{:05d}"})
    assert len(_read(tmp_path, edition)[0]["test_generated"]) == 3


def test_missing_test_folders_say_what_was_looked_for_and_found(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, DEV)
    with pytest.raises(InputError) as caught:
        _read(tmp_path, edition)
    message = str(caught.value)
    assert "generated_1 for test_generated; real_unknown_1 for test_candidates" in message
    assert "dev/img_real/not_used" in message


def test_a_root_without_images_says_so(tmp_path: Path, edition: Edition) -> None:
    with pytest.raises(InputError, match="no folder there holds images"):
        _read(tmp_path, edition)


def test_a_missing_root_says_so(tmp_path: Path, edition: Edition) -> None:
    with pytest.raises(InputError, match="does not exist"):
        _read(tmp_path / "gone", edition)


@pytest.mark.parametrize("gone", list(DEV))
def test_a_part_of_the_dev_set_is_refused(tmp_path: Path, edition: Edition, gone: str) -> None:
    _put(tmp_path, TEST | DEV)
    shutil.rmtree(tmp_path / gone)
    with pytest.raises(InputError, match=f"no folder {Path(gone).name}.*remove the rest of the dev set"):
        _read(tmp_path, edition)


def test_other_counts_are_told_and_official_ones_are_not(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, TEST)
    _, remarks = _read(tmp_path, edition)
    assert sum("officially has" in remark for remark in remarks) == 2
    assert any("holds 3 images; test_generated officially has 10000" in remark for remark in remarks)
    leaves = {role: dataclasses.replace(leaf, count=3) for role, leaf in edition.leaves.items()}
    _, remarks = _read(tmp_path, dataclasses.replace(edition, leaves=leaves))
    assert remarks == []


def test_warnings_are_those_of_the_harness(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, TEST)
    with pytest.warns(HarnessWarning):
        read_edition(tmp_path, edition, 16)


def test_memory_stays_near_the_pixels_themselves(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, {"generated_1": "generated_{:05d}"}, count=300)
    _put(tmp_path, {"real_unknown_1": "real_unknown_{:04d}"})
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = read_edition(tmp_path, edition, 32)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * data["test_generated"].pixels.nbytes + 2**19


def test_the_descriptor_holds_the_published_facts(edition: Edition) -> None:
    counts = {role: leaf.count for role, leaf in edition.leaves.items()}
    assert counts == {
        "dev_generated": 500,
        "dev_used": 80,
        "dev_not_used": 80,
        "test_generated": 10_000,
        "test_candidates": 200,
    }
    assert (edition.metrics, edition.official_metric) == (("f1", "accuracy", "recall"), "f1")
    assert (edition.submission.separator, edition.submission.header, edition.submission.scores) == (
        ",",
        False,
        (0, 1),
    )
    assert dict(edition.labels) == {"used": 1, "not_used": 0}
    assert (edition.year, edition.image_size, edition.name) == (2023, 256, "imageclef2023")


def test_an_unknown_edition_is_answered_with_near_names() -> None:
    with pytest.raises(ValueError, match=r"There is no edition 'imageclef2032'\. Did you mean imageclef2023"):
        load_edition("imageclef2032")


@pytest.mark.parametrize("name", edition_names())
def test_every_descriptor_can_be_read(name: str) -> None:
    edition = load_edition(name)
    assert edition.official_metric in edition.metrics
    names = [folder for leaf in edition.leaves.values() for folder in (*leaf.folders, *leaf.last_resort)]
    assert names == [folder.lower() for folder in names]
    assert len(set(names)) == len(names), "a folder name stands for one role"
