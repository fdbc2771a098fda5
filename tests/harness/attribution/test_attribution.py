"""Attribution to subsets: worlds whose answer is known, and the command on folders."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import write_slices

from attacks.distances import DISTANCES
from harness.attribution import __main__ as attribution
from harness.attribution.files import subset_numbers, write_answers
from harness.attribution.scores import CALIBRATIONS, Measured, attributed, measure
from harness.attribution.tables import accuracy
from harness.errors import InputError
from harness.submission.truth import read_truth

SIZE = 16


class World:
    """Subsets of blends of a few patterns, and noisy copies of their slices: how near a copy is, is known.

    Slices lie in `dimension` dimensions, so a subset of more of them is denser. noise: of a copy, in units of the
    spread of the slices.
    """

    def __init__(self, sizes, n_images, noise, seed, dimension=4):
        rng = np.random.default_rng(seed)
        patterns = rng.normal(size=(dimension, SIZE, SIZE))
        patterns *= 100.0 / np.linalg.norm(patterns, axis=(1, 2), keepdims=True)

        def drawn(places):
            images = 128 + np.tensordot(places, patterns, 1) + rng.normal(0, 1, (len(places), SIZE, SIZE))
            return np.clip(np.rint(images), 0, 255).astype(np.uint8)

        places = [rng.normal(size=(size, dimension)) for size in sizes]
        self.subsets = [drawn(one) for one in places]
        parents = [one[rng.integers(len(one), size=n_images)] for one in places]
        self.images = np.concatenate([drawn(one + noise * rng.normal(size=one.shape)) for one in parents])
        self.truth = np.repeat(np.arange(len(sizes)), n_images)
        self.unrelated = drawn(rng.normal(size=(len(self.images), dimension)))

    def answers(self, calibration, distance="pixel", k=1):
        return attributed(measure(distance, self.subsets, self.images), calibration, k)


def right(world, calibration):
    return float((world.answers(calibration) == world.truth).mean())


@pytest.mark.parametrize("distance", DISTANCES)
def test_copies_are_traced_by_every_distance_and_calibration(distance):
    world = World([20, 20, 20], n_images=30, noise=0.02, seed=0)
    measured = measure(distance, world.subsets, world.images)
    for calibration in CALIBRATIONS:
        assert (attributed(measured, calibration) == world.truth).mean() > 0.95, calibration


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_images_of_neither_subset_are_at_chance(calibration):
    world = World([40, 40], n_images=300, noise=0.0, seed=1)
    answers = attributed(measure("pixel", world.subsets, world.unrelated), calibration)
    found = accuracy(answers, world.truth)
    assert found.low < 0.5 < found.high


def test_strangers_fall_to_the_larger_subset_unless_calibrated():
    """Images of neither subset, drawn as their slices are: nothing should draw them to the larger one."""
    world = World([200, 20], n_images=200, noise=0.0, seed=2)
    measured = measure("pixel", world.subsets, world.unrelated)
    to_large = {name: float((attributed(measured, name) == 0).mean()) for name in CALIBRATIONS}
    assert to_large["none"] > 0.8
    assert abs(to_large["left_out"] - 0.5) < 0.15
    assert abs(to_large["z"] - 0.5) < 0.1


@pytest.mark.parametrize("calibration", ["left_out", "z"])
def test_calibration_mends_unequal_subsets(calibration):
    """Accuracy gained over many worlds: a single world may lose by chance."""
    worlds = [World([200, 20], n_images=200, noise=0.35, seed=seed) for seed in range(20)]
    gains = np.array([right(world, calibration) - right(world, "none") for world in worlds])
    assert gains.mean() > 0.03
    assert gains.mean() > 3 * gains.std(ddof=1) / np.sqrt(len(gains))


def test_calibration_costs_equal_subsets_nothing():
    worlds = [World([100, 100], n_images=200, noise=0.35, seed=seed) for seed in range(10)]
    for calibration in ("left_out", "z"):
        assert abs(np.mean([right(world, calibration) - right(world, "none") for world in worlds])) < 0.02


def test_left_out_judges_every_image_by_itself():
    """Its answers do not depend on which other images are there; those of z do."""
    world = World([100, 20], n_images=100, noise=0.5, seed=3)
    few = np.r_[0:100, 190:200]  # nearly all of the first subset
    alone = {
        name: attributed(measure("pixel", world.subsets, world.images[few]), name)[:100] for name in ("left_out", "z")
    }
    assert np.array_equal(alone["left_out"], world.answers("left_out")[:100])
    assert not np.array_equal(alone["z"], world.answers("z")[:100])


def test_order_of_subsets_slices_and_images_says_nothing():
    world = World([50, 20, 30], n_images=40, noise=0.4, seed=4)
    rng = np.random.default_rng(0)
    order, images = np.array([2, 0, 1]), rng.permutation(len(world.images))
    subsets = [world.subsets[number][rng.permutation(len(world.subsets[number]))] for number in order]
    for name in CALIBRATIONS:
        moved = attributed(measure("ncc", subsets, world.images[images]), name, 3)
        assert np.array_equal(order[moved], world.answers(name, "ncc", 3)[images]), name


def test_the_calibrations_by_hand():
    """Two subsets of two slices, two images; distances written down, not measured."""
    to_images = np.log([[1.0, 8.0], [4.0, 2.0], [2.0, 4.0], [16.0, 32.0]])
    apart = np.log(
        [[np.inf, 2.0, 4.0, 4.0], [2.0, np.inf, 8.0, 8.0], [4.0, 8.0, np.inf, 16.0], [4.0, 8.0, 16.0, np.inf]]
    )
    measured = Measured(to_images, apart, np.array([0, 0, 1, 1]))
    two = np.log(2.0)
    plain = np.array([[0, 1], [1, 2]]) * two  # log2 of the nearest: 1 and 2; 2 and 4
    # Slices of subset 0 see 0 at 2, 2 and 1 at 4, 8; those of subset 1 see 0 at 4, 4 and 1 at 16, 16.
    expected = np.array([(1 + 2) / 2, (2.5 + 4) / 2]) * two
    assert CALIBRATIONS["none"](measured, 1) == pytest.approx(plain)
    assert CALIBRATIONS["left_out"](measured, 1) == pytest.approx(plain - expected[:, None])
    assert CALIBRATIONS["z"](measured, 1) == pytest.approx(np.array([[-1, 1], [-1, 1]]))
    hubs = np.array([[0 - 0.75, 3 - 0.75], [2 - 0.75, 1 - 0.75], [1 - 0.75, 2 - 0.75], [4 - 2.25, 5 - 2.25]]) * two
    assert CALIBRATIONS["csls"](measured, 1) == pytest.approx(np.stack([hubs[:2].min(0), hubs[2:].min(0)]))
    assert CALIBRATIONS["none"](measured, 2)[0] == pytest.approx(np.array([1.0, 2.0]) * two)


def test_too_little_to_calibrate_is_a_sentence():
    world = World([3, 1], n_images=1, noise=0.1, seed=5)
    measured = measure("pixel", world.subsets, world.images[:1])
    with pytest.raises(ValueError, match="more than k=1 slices in every subset"):
        attributed(measured, "left_out")
    with pytest.raises(ValueError, match="2 images or more"):
        attributed(measured, "z")


def test_wilson_interval():
    found = accuracy(np.zeros(10, np.intp), np.r_[np.zeros(9, np.intp), 1])
    assert (found.value, found.low, found.high) == pytest.approx((0.9, 0.5958, 0.9821), abs=1e-4)


@pytest.fixture
def folders(tmp_path):
    """A world on the disk: the arguments of the command, and the truth as ids and numbers."""
    world = World([20, 10, 15], n_images=20, noise=0.05, seed=6)
    order = np.random.default_rng(0).permutation(len(world.images))
    write_slices(tmp_path / "images", world.images[order], "generated_{:05d}.png")
    for number, subset in enumerate(world.subsets, start=1):
        write_slices(tmp_path / f"t{number}", subset)
    truth = {f"generated_{at + 1:05d}": int(world.truth[one]) + 1 for at, one in enumerate(order)}
    (tmp_path / "truth.csv").write_text("id,subset\n" + "".join(f"{name},{n}\n" for name, n in truth.items()))
    subsets = [str(tmp_path / f"t{number}") for number in (1, 2, 3)]
    return tmp_path, ["--images", str(tmp_path / "images"), "--size", str(SIZE), "--subsets", *subsets], truth


def test_command_writes_answers_and_opens_the_truth(folders, capsys):
    root, arguments, truth = folders
    answers = root / "answers.csv"
    given = ["--truth", str(root / "truth.csv"), "--out", str(answers), "--beside", "ncc"]
    assert attribution.main([*arguments, *given]) == 0
    lines = [line.split(",") for line in answers.read_text().splitlines()]
    assert [name for name, _ in lines] == sorted(truth)
    n_right = sum(truth[name] == int(number) for name, number in lines)
    assert n_right >= 57
    printed = capsys.readouterr().out
    assert f"band none * {n_right / 60:.3f} [" in " ".join(printed.split())
    assert "ncc csls" in printed
    assert "all to 1" in printed
    assert "0.333 [0.2" in printed


def test_the_truth_changes_no_answer(folders, capsys):
    root, arguments, truth = folders
    wrong = root / "wrong.csv"
    wrong.write_text("id,subset\n" + "".join(f"{name},{number % 3 + 1}\n" for name, number in truth.items()))
    for out, more in (("a", []), ("b", ["--truth", str(root / "truth.csv")]), ("c", ["--truth", str(wrong)])):
        assert attribution.main([*arguments, *more, "--out", str(root / out)]) == 0
    assert (root / "a").read_bytes() == (root / "b").read_bytes() == (root / "c").read_bytes()


def test_without_truth_no_accuracy(folders, capsys):
    _, arguments, _ = folders
    assert attribution.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "[95 %]" not in printed
    assert "all to" not in printed
    assert "agrees" in printed


def test_shared_slices_are_told(folders, capsys):
    root, arguments, _ = folders
    (root / "t3" / "again.png").write_bytes((root / "t1" / "slice_001.png").read_bytes())
    assert attribution.main(arguments) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 slices lie in more than one subset" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--k", "11"], "--k 11 must be from 1 to 10"),
        (["--method", "kmeans"], "--method goes with --cluster"),
        (["--truth", "nowhere.csv"], "nowhere.csv is no file"),
        (["--size", "4"], "--size 4 is too small"),
        (
            ["--k", "10", "--calibration", "left_out"],
            "cannot be asked here: Leaving a slice out takes",
        ),
        (["--images", "nowhere", "--out", "no/folder/answers.csv"], "there is no folder no/folder"),
        (["--images", "nowhere", "--out", "."], "--out . is a folder; give a file"),
    ],
)
def test_mistakes_get_a_sentence(folders, capsys, change, message):
    _, arguments, _ = folders
    assert attribution.main([*arguments, *change]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_one_subset_or_the_same_twice_is_refused(folders, capsys):
    root, arguments, _ = folders
    for subsets in (["t1"], ["t1", "t2", "t1"]):
        given = [*arguments[:5], *(str(root / name) for name in subsets)]
        assert attribution.main(given) == 2
        assert "two folders or more, each once" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,generator\na,1\nb,2\n", "its header must be id,subset"),
        ("id,subset\na,1\n", "1 ids are missing .first: b."),
        ("id,subset\na,1\nb,2\nc,1\n", "1 ids are not asked about .first: c."),
        ("id,subset\na,1\nb,2\na,1\n", "1 ids stand there more than once .first: a."),
        ("id,subset\na,1\nb\n", "line 3: 'b' has no subset"),
        ("", "the columns none"),
    ],
)
def test_every_fault_of_a_truth_is_named(tmp_path, text, message):
    path = tmp_path / "truth.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_truth(path, "subset", ["a", "b"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,subset\na,\xff\nb,2\n", "is no UTF-8 text; save it as UTF-8 CSV"),
        (b"id,subset\na," + b"1" * 200_000 + b"\nb,2\n", "cannot be read as CSV: field larger than field limit"),
    ],
    ids=["latin-1", "one huge field"],
)
def test_a_truth_that_is_no_text_is_told(tmp_path, content, message):
    path = tmp_path / "truth.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_truth(path, "subset", ["a", "b"])


def test_truth_and_answers_number_from_one(tmp_path):
    path = tmp_path / "answers.csv"
    write_answers(path, ["a", "b"], np.array([0, 2]))
    assert path.read_bytes() == b"a,1\nb,3\n"
    assert subset_numbers(path, ["1", "3"], 3).tolist() == [0, 2]
    with pytest.raises(InputError, match="names the subset '0'; the 3 --subsets are numbered from 1"):
        subset_numbers(path, ["1", "0"], 3)


def test_choices_are_those_there_are():
    """Written out in the command so that --help is quick."""
    assert set(attribution.DISTANCES) == set(DISTANCES)
    assert tuple(CALIBRATIONS) == attribution.CALIBRATIONS
