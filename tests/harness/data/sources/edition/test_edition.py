import dataclasses
import shutil
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.data.sources.edition.leaves import find_leaves, read_leaf
from harness.data.sources.slices import Slices
from harness.editions.edition import Edition
from harness.editions.load import load_edition
from harness.errors import HarnessWarning, InputError

TEST = {"test/test_1/generated_1": "generated_{:05d}", "test/test_1/real_unknown_1": "real_unknown_{:04d}"}
DEV = {
    "dev/img_gen/generated": "generated_{:04d}",
    "dev/img_real/used": "used_{:04d}",
    "dev/img_real/not_used": "not_used_{:04d}",
}

SUBMISSION = "real_unknown_0001,1\r\nreal_unknown_0002,\t0"


@pytest.fixture
def edition() -> Edition:
    return load_edition("imageclef2023")


def _put(root: Path, folders: dict[str, str], count: int = 3) -> None:
    for folder, pattern in folders.items():
        (root / folder).mkdir(parents=True)
        for index in range(1, count + 1):
            image = Image.fromarray(np.full((32, 32), index % 256, np.uint8))
            image.save(root / folder / f"{pattern.format(index)}.png")


def _with(edition: Edition, **facts: Any) -> Edition:
    """The edition with other facts of every leaf."""
    task = edition.membership
    leaves = {role: dataclasses.replace(leaf, **facts) for role, leaf in task.leaves.items()}
    return dataclasses.replace(edition, tasks={"membership": dataclasses.replace(task, leaves=leaves)})


def read_edition(root: Path, edition: Edition, size: int) -> dict[str, Slices]:
    """Every leaf that is there, as the pool reads them."""
    leaves = find_leaves(root, edition)
    return {role: read_leaf(role, folder, size) for role, folder in leaves.items()}


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
        assert slices.unnamed == frozenset(slices.ids)
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
    assert any("first missing: real_unknown_0004). The organisers would refuse" in remark for remark in remarks)
    _, remarks = _read(tmp_path, _with(edition, count=3))
    assert remarks == []


def test_what_an_edition_does_not_know_is_not_compared(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, dict.fromkeys(TEST | DEV, "x{:02d}"))
    _, remarks = _read(tmp_path, _with(edition, count=None, id_format=None, id_pattern=None))
    assert remarks == []
    _, remarks = _read(tmp_path, _with(edition, id_format=None))
    assert sum("do not match" in remark for remark in remarks) == 5
    assert not any("were expected" in remark or "first missing" in remark for remark in remarks)


def test_wrong_digits_are_told_with_what_was_expected(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, TEST | {"test/test_1/real_unknown_1": "real_unknown_{:03d}"})
    _, remarks = _read(tmp_path, edition)
    told = [remark for remark in remarks if "do not match" in remark]
    assert len(told) == 1
    assert "3 of 3 ids" in told[0]
    assert "first: real_unknown_001, where ids such as real_unknown_0001 were expected" in told[0]


def test_sizes_that_differ_between_folders_are_told_by_folder(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, TEST | DEV)
    Image.new("L", (48, 48)).save(tmp_path / "dev/img_real/used/used_0002.png")
    _, remarks = _read(tmp_path, edition)
    told = next(remark for remark in remarks if "mixed sizes" in remark)
    assert "where 256x256 was expected" in told
    assert "dev_used: 32x32 (2), 48x48 (1); dev_not_used: 32x32 (3)" in told


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


def test_a_folder_may_be_named_by_the_end_of_its_path(tmp_path: Path, edition: Edition) -> None:
    """Dev and test may call their releases the same; what is named is taken, the other is what is left."""
    _put(tmp_path, {"dev/generated": "generated_{:04d}", "test/generated": "generated_{:05d}", "x/mine": "m{:04d}"})
    _put(tmp_path, {"dev/used": "used_{:04d}", "dev/not_used": "not_used_{:04d}"})
    edition = _with(edition, count=None, id_pattern=None)
    named = {"test_generated": "Test/Generated", "test_candidates": "mine", "dev_used": None}
    found = find_leaves(tmp_path, edition, named)
    assert {role: str(path.relative_to(tmp_path)) for role, path in found.items()} == {
        "test_generated": "test/generated",
        "test_candidates": "x/mine",
        "dev_generated": "dev/generated",
        "dev_used": "dev/used",
        "dev_not_used": "dev/not_used",
    }
    with pytest.raises(InputError, match=r"2 folders fit test_generated.*data\.folders\.test_generated=NAME"):
        find_leaves(tmp_path, edition, named | {"test_generated": "generated"})
    with pytest.raises(InputError, match=r"No folder yours .*data\.folders\.test_candidates.*x/mine"):
        find_leaves(tmp_path, edition, named | {"test_candidates": "yours"})
    with pytest.raises(InputError, match=r"cannot stand for two roles.*data\.folders\.dev_used=x/mine"):
        find_leaves(tmp_path, edition, named | {"dev_used": "x/mine"})


def test_a_generator_picks_its_release_and_shares_the_slices(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, {f"{name}/generated_1": "generated_{:05d}" for name in ("model_a", "model_b")})
    _put(tmp_path, {"real_unknown_1": "real_unknown_{:04d}"})
    edition = _with(edition, count=None)
    with pytest.raises(InputError, match=r"model_a/generated_1 and model_b/generated_1.*data\.generator=NAME"):
        find_leaves(tmp_path, edition)
    found = find_leaves(tmp_path, edition, generator="model_b")
    assert found == {
        "test_generated": tmp_path / "model_b/generated_1",
        "test_candidates": tmp_path / "real_unknown_1",
    }
    with pytest.raises(InputError, match=r"No folder model_c .*model_a/generated_1"):
        find_leaves(tmp_path, edition, generator="model_c")
    shutil.rmtree(tmp_path / "model_a")
    (tmp_path / "model_a/other").mkdir(parents=True)
    Image.new("L", (32, 32)).save(tmp_path / "model_a/other/x.png")
    with pytest.raises(InputError, match="no folder generated_1 for test_generated"):
        find_leaves(tmp_path, edition, generator="model_a")


def test_a_submission_in_the_place_of_the_dev_set_is_named(tmp_path: Path, edition: Edition) -> None:
    _put(tmp_path, TEST | DEV)
    shutil.rmtree(tmp_path / "dev/img_real/used")
    (tmp_path / "dev/img_real/used").mkdir()
    (tmp_path / "dev/img_real/used/run_1").write_text(SUBMISSION)
    with pytest.raises(InputError, match=r"no folder used.*dev/img_real/used/run_1 is a submission \(2 lines"):
        _read(tmp_path, edition)
    shutil.rmtree(tmp_path / "dev")
    (tmp_path / "used.csv").write_text(SUBMISSION)
    with pytest.raises(InputError, match=r"used\.csv is a submission"):
        _read(tmp_path, edition)


def test_a_submission_beside_the_test_set_is_only_told_where_there_is_no_dev_set(
    tmp_path: Path, edition: Edition
) -> None:
    _put(tmp_path, TEST)
    (tmp_path / "submission.csv").write_text(SUBMISSION)
    data, remarks = _read(tmp_path, edition)
    assert set(data) == {"test_generated", "test_candidates"}
    assert any("no dev set, and the run goes on without one. submission.csv is" in remark for remark in remarks)
    _put(tmp_path, DEV)
    assert not any("is a submission" in remark for remark in _read(tmp_path, edition)[1])


@pytest.mark.parametrize("text", ["a,1\n", "id,score\na,1\nb,0\n", "a,0.5\nb,0.1\n", "\x89PNG\r\n", ""])
def test_other_files_are_not_taken_for_submissions(tmp_path: Path, edition: Edition, text: str) -> None:
    (tmp_path / "notes.txt").write_text(text)
    with pytest.raises(InputError) as caught:
        _read(tmp_path, edition)
    assert "submission" not in str(caught.value)


def test_a_submission_given_as_the_root_is_named(tmp_path: Path, edition: Edition) -> None:
    path = tmp_path / "submission.csv"
    path.write_text(SUBMISSION)
    with pytest.raises(InputError, match=r"is a file; give the folder.*submission\.csv is a submission \(2 lines"):
        _read(path, edition)
