"""Bad layouts of a challenge's folder, through the dry run: what was found, what was expected, in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tiny import TINY, write_slices

SUBMISSION = "".join(f"real_unknown_{number:04d},{number % 2}\n" for number in range(1, 201))


@pytest.fixture
def plan(harness, images):
    """`plan()` lays out a small copy of the data of 2023 in `clef` and returns a function that plans a run on it."""
    write_slices(Path("clef/dev/generated"), images(4, 16, 1), "generated_{:04d}.png")
    write_slices(Path("clef/dev/used"), images(8, 16, 2), "used_{:04d}.png")
    write_slices(Path("clef/dev/not_used"), images(8, 16, 3), "not_used_{:04d}.png")
    write_slices(Path("clef/test/generated_1"), images(20, 16, 4), "generated_{:05d}.png")
    write_slices(Path("clef/test/real_unknown_1"), images(12, 16, 5), "real_unknown_{:04d}.png")

    def call(*options: str, root: str = "clef", data: str = "imageclef2023"):
        ran = harness(*TINY, f"data={data}", f"data.root={root}", "dry_run=true", *options)
        return ran.code, " ".join(ran.out.split()), " ".join(ran.err.split())

    return call


def _empty(folder: str) -> Path:
    for path in Path(folder).iterdir():
        path.unlink()
    return Path(folder)


def test_a_missing_leaf(plan):
    _empty("clef/test/real_unknown_1")
    code, _, err = plan()
    assert code == 2
    assert "no folder real_unknown_1 for test_candidates; folders with images there are: dev/generated, dev" in err


def test_too_few_ids_and_wrong_digits_of_real_and_released_images(plan):
    Path("clef/test/real_unknown_1/real_unknown_0012.png").unlink()
    for number in (1, 2):
        Path(f"clef/test/generated_1/generated_{number:05d}.png").rename(
            f"clef/test/generated_1/generated_{number}.png"
        )
    code, out, _ = plan()
    assert code == 0
    assert "holds 11 images; test_candidates officially has 200 (first missing: real_unknown_0012)" in out
    assert "2 of 20 ids in generated_1 do not match" in out
    assert "first: generated_1, where ids such as generated_00001 were expected" in out


def test_mixed_sizes(plan, images):
    write_slices(_empty("clef/dev/used"), images(8, 32, 2), "used_{:04d}.png")
    code, out, _ = plan()
    assert code == 0
    assert "mixed sizes, where 256x256 was expected everywhere: test_generated: 16x16 (20)" in out
    assert "dev_used: 32x32 (8)" in out


def test_a_working_size_other_than_the_editions_is_told_once(plan):
    """The winner's row is then not the winner's: he compared slices of 256 px."""
    told = "data.size={}, and ImageCLEFmedical GANs 2023 has images of 256 px"
    _, out, _ = plan()
    assert out.count(told.format(16)) == out.count("not at the size that the winner used") == 1
    _, out, _ = plan("data.size=256")
    assert "not at the size that the winner used" not in out


@pytest.mark.parametrize("place", ["clef/dev/used/run.csv", "clef/dev/run"])
def test_a_submission_handed_in_as_dev(plan, place):
    for folder in ("used", "not_used", "generated"):
        if folder == "used" or place == "clef/dev/run":
            _empty(f"clef/dev/{folder}")
    Path(place).write_text(SUBMISSION)
    code, _, err = plan()
    assert code == 2
    assert f"{Path(place).relative_to('clef')} is a submission (200 lines of `<id>,<0 or 1>`)" in err
    assert "no folder" in err
    assert "used or real_used for dev_used" in err


@pytest.mark.parametrize("data", ["imageclef2023", "folder"])
def test_a_submission_given_as_the_root(plan, data):
    Path("submission.csv").write_text(SUBMISSION)
    code, _, err = plan(root="submission.csv", data=data)
    assert code == 2
    assert "submission.csv is a file; give the folder that holds" in err
    assert "submission.csv is a submission (200 lines" in err


@pytest.fixture
def of_2025(images):
    """A small copy of the data of 2025, as they were handed out: `generated` is a name in dev and in the test."""
    write_slices(Path("y25/dev/generated"), images(4, 16, 1), "generated_{}.png")
    write_slices(Path("y25/dev/real_used"), images(8, 16, 2), "real_{}.png")
    write_slices(Path("y25/dev/real_not_used"), images(8, 16, 3), "not_{}.png")
    write_slices(Path("y25/test/generated"), images(20, 16, 4), "generated_{}.png")
    write_slices(Path("y25/test/real_unknown"), images(12, 16, 5), "real_{}.png")
    return Path("y25")


def test_2025_is_read_whole_its_twins_told_apart_by_what_lies_beside_them(plan, of_2025):
    code, out, _ = plan(data="imageclef2025", root="y25")
    assert code == 0
    assert "28 slices" in out
    assert "holds 12 images; test_candidates officially has 500." in out
    assert "holds 20 images; test_generated officially has 2000 (first missing: generated_21)." in out
    assert "holds 4 images; dev_generated officially has 5000." in out
    assert "do not match" not in out, "numbers without leading zeros"


def test_a_twin_that_lies_beside_neither_is_asked_about(plan, of_2025):
    (of_2025 / "test/generated").rename(of_2025 / "generated")
    code, _, err = plan(data="imageclef2025", root="y25")
    assert code == 2
    assert "Whose the folder generated is cannot be told" in err
    assert "data.folders." in err
    named = ["data.folders.test_generated=y25/generated"]
    assert plan(*named, data="imageclef2025", root="y25")[0] == 0


def test_a_twin_beside_both_is_asked_about(plan, of_2025):
    for name in ("real_used", "real_not_used"):
        (of_2025 / "dev" / name).rename(of_2025 / "test" / name)
    shutil.rmtree(of_2025 / "dev")
    code, _, err = plan(data="imageclef2025", root="y25")
    assert code == 2
    assert "The folder test/generated may be test_generated or dev_generated, by what lies beside it" in err


def test_later_editions_are_read_once_their_folders_are_named(plan):
    code, _, err = plan(data="imageclef2024")
    assert code == 2
    assert "no folder (its name in ImageCLEFmedical GANs 2024 is not public) for test_generated" in err
    assert "data.folders.test_generated=NAME" in err
    named = ["data.folders.test_generated=generated_1", "data.folders.test_candidates=test/real_unknown_1"]
    code, out, _ = plan(*named, data="imageclef2024")
    assert (code, "12 slices" in out) == (0, True), "no dev set: its folders have no names"
    assert "submission format of ImageCLEFmedical GANs 2024 is not public" in out


def test_a_part_of_a_folder_is_refused_before_anything_is_trained(plan):
    gone = Path("clef/test/generated_1/generated_00003.png")
    gone.unlink()
    gone.symlink_to("../objects/never_fetched")
    code, _, err = plan()
    assert code == 2
    assert "test_generated: beside 19 images" in err
    assert "1 links to content that is not there (first: generated_00003.png)" in err


def test_a_folder_of_one_role_within_anothers_is_refused(plan):
    Path("clef/dev/used").rename("clef/dev/not_used/used")
    code, _, err = plan()
    assert code == 2
    assert "The folder of dev_used, dev/not_used/used, lies in that of dev_not_used, dev/not_used" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["data.generator=b"], "the data of imageclef2023 stem from one generator; leave it out"),
        (["data.group=infered"], "no data.group 'infered'. Did you mean inferred"),
        (
            ["data.folders.test_generate=x"],
            "no option 'data.folders.test_generate'. Did you mean data.folders.test_gen",
        ),
        (["+data.folders.test=x"], "no data.folders 'test'"),
        (["data.folders.test_generated=mine"], "No folder mine with images is below clef"),
        (["data.name=imageclef2026"], "no data 'imageclef2026'"),
    ],
)
def test_options_of_an_edition_are_checked(plan, options, words):
    code, _, err = plan(*options)
    assert code == 2
    assert words in err


def test_an_edition_without_membership_says_what_it_has(plan):
    code, _, err = plan(data="imageclef2026")
    assert code == 2
    assert "imageclef2026 has no membership task; `python -m harness.editions imageclef2026`" in err


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ("dev/used", "dev/not_used", "clef/dev/used is taken as dev_used, and all of its 8 images are named as"),
        (
            "test/generated_1",
            "test/real_unknown_1",
            "are named as those of test_candidates (first: real_unknown_0001)",
        ),
    ],
)
def test_swapped_folders(plan, one, other, message):
    one, other = Path("clef") / one, Path("clef") / other
    one.rename("aside")
    other.rename(one)
    Path("aside").rename(other)
    code, _, err = plan()
    assert code == 2
    assert message in err


def test_the_plan_says_what_a_check_on_dev_may_cost(plan):
    told = "its check on dev takes 9 trainings more"
    assert told in plan("attack=loss")[1]
    assert told not in plan("attack=loss", "surrogate.dev=false")[1]
    assert told not in plan("attack=knn")[1], "it asks no surrogate"
