"""Bad layouts of a challenge's folder, through the dry run: what was found, what was expected, in one sentence."""

from __future__ import annotations

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
    assert "2 of 20 ids in clef/test/generated_1 do not match" in out
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


def test_later_editions_are_read_once_their_folders_are_named(plan):
    code, _, err = plan(data="imageclef2025")
    assert code == 2
    assert "no folder (its name in ImageCLEFmedical GANs 2025 is not public) for test_generated" in err
    assert "data.folders.test_generated=NAME" in err
    Path("clef/dev/used").rename("clef/dev/real_used")
    Path("clef/dev/not_used").rename("clef/dev/real_not_used")
    named = ["data.folders.test_generated=generated_1", "data.folders.test_candidates=test/real_unknown_1"]
    code, out, _ = plan(*named, data="imageclef2025")
    assert code == 0
    assert "28 slices" in out
    assert "holds 8 images; dev_used officially has 100." in out
    assert "test_candidates officially" not in out
    assert "submission format of ImageCLEFmedical GANs 2025 is not public" in out
    code, out, _ = plan(*named, data="imageclef2024")
    assert (code, "12 slices" in out) == (0, True), "no dev set: its folders have no names"


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
