"""Training: the seed and the members decide every byte, and nothing else; it can be interrupted and gone on with."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from shadow_models.conformance.elsewhere import Elsewhere
from shadow_models.conformance.sentences import is_sentence
from shadow_models.conformance.worlds import DRAWN_WITH, N_IMAGES, TRAINED_WITH, trained_on
from shadow_models.generator import Generator
from shadow_models.one_training import Stopped
from shadow_models.recipe import Recipe
from shadow_models.train import train


def test_same_seed_same_bytes(
    recipe: Recipe, trained: Generator, members: NDArray[np.uint8], others: NDArray[np.uint8]
) -> None:
    """A second training ends bit for bit where the first did, whatever was trained and drawn at random between."""
    trained_on(others[: len(members)], recipe)
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002  # the process's generator is what this is about
    torch.manual_seed(5)
    assert trained_on(members, recipe).fingerprint() == trained.fingerprint()


def test_another_process_makes_the_same(trained: Generator, elsewhere: Elsewhere) -> None:
    """Nothing hangs on the process: neither on its hashes of texts nor on what it did before."""
    assert elsewhere.fingerprint == trained.fingerprint()


def test_another_seed_trains_another_generator(
    recipe: Recipe, trained: Generator, members: NDArray[np.uint8]
) -> None:
    """Where something is trained by steps, the seed has a say in them."""
    if not recipe.n_steps:
        pytest.skip("Nothing is trained by steps, so the seed may have no say.")
    assert trained_on(members, recipe, TRAINED_WITH + 1).fingerprint() != trained.fingerprint()


def test_weights_are_as_large_as_was_said(recipe: Recipe, trained: Generator) -> None:
    """Where the family says before the first training how large a generator is: what is kept is not much more."""
    said = recipe.weight_bytes()
    if said is None:
        pytest.skip("The family does not know before one is trained.")
    kept = sum(len(data) for data in trained.content().values())
    assert 0.8 * kept <= said <= kept + 4096, f"said {said} bytes, and {kept} are kept"


def test_generators_of_the_process_are_left_alone(recipe: Recipe, members: NDArray[np.uint8]) -> None:
    """Neither training nor sampling seeds or advances what others in the process draw from."""
    before = states_of_the_process()
    generator = trained_on(members, recipe)
    assert states_of_the_process() == before, "training uses the random generators of the process"
    generator.sample(2, seed=0)
    assert states_of_the_process() == before, "sampling uses the random generators of the process"


def test_only_members_decide(
    recipe: Recipe, trained: Generator, members: NDArray[np.uint8], others: NDArray[np.uint8]
) -> None:
    """Members come as a view of a pool. Whoever else lies in it, and how, changes nothing: no non-member is seen."""
    for rest in (others[: len(members)], others[-len(members) :]):
        side_by_side = np.stack([members, rest], axis=1)
        view = side_by_side[:, 0]
        view.flags.writeable = False
        assert trained_on(view, recipe).fingerprint() == trained.fingerprint()


def test_members_stay_as_they_are(recipe: Recipe, members: NDArray[np.uint8]) -> None:
    """Nothing is written into the members."""
    before = members.copy()
    trained_on(members, recipe)
    assert np.array_equal(members, before)


def test_bad_members_are_refused(recipe: Recipe, members: NDArray[np.uint8]) -> None:
    """Another type, another shape, another side, and no slice at all: ValueError, in a sentence."""
    wrong = [
        members.astype(np.float32),
        members.astype(np.int64),
        members[:, :-1],
        np.concatenate([members, members], axis=1),
        members[0],
        members[..., None],
        members[:0],
    ]
    for slices in wrong:
        with pytest.raises(ValueError, match=r"\.$"):
            trained_on(slices, recipe)


def test_one_member_is_enough_or_refused_in_a_sentence(recipe: Recipe, members: NDArray[np.uint8]) -> None:
    """A generator of a single slice draws images; a family that needs more says how many."""
    generator = trained_or_refused(members[:1], recipe)
    if isinstance(generator, str):
        assert is_sentence(generator), generator
    else:
        assert generator.sample(2, seed=0).shape == (2, recipe.size, recipe.size)


def test_training_reports_its_steps(recipe: Recipe, members: NDArray[np.uint8]) -> None:
    """`report(done, total)` is called with rising numbers, at last with the recipe's number of steps."""
    if not recipe.n_steps:
        pytest.skip("Nothing is trained by steps.")
    seen: list[tuple[int, int]] = []
    train(members, recipe, seed=0, device="cpu", report=lambda done, total: seen.append((done, total)))
    assert seen, "report was never called"
    assert seen == sorted(seen)
    assert {total for _, total in seen} == {recipe.n_steps}
    assert seen[-1] == (recipe.n_steps, recipe.n_steps)


def test_goes_on_from_a_checkpoint(
    recipe: Recipe, trained: Generator, members: NDArray[np.uint8], tmp_path: Path
) -> None:
    """A training that was broken off ends bit for bit where an undisturbed one ends.

    What is left of another training (seed, members, options) is refused in a sentence instead.
    """
    if recipe.n_steps < 2:
        pytest.skip("Nothing is trained by steps.")
    interrupted(recipe, members, tmp_path)
    with pytest.raises(ValueError, match=r"\.$"):
        train(members, recipe, seed=TRAINED_WITH + 1, device="cpu", checkpoint=tmp_path)
    with pytest.raises(ValueError, match=r"\.$"):
        train(members[::-1], recipe, seed=TRAINED_WITH, device="cpu", checkpoint=tmp_path)
    gone_on = train(members, recipe, seed=TRAINED_WITH, device="cpu", checkpoint=tmp_path)
    assert gone_on.fingerprint() == trained.fingerprint()


def test_a_start_counts_or_is_refused(recipe: Recipe, trained: Generator, members: NDArray[np.uint8]) -> None:
    """Training on from a generator gives another one than training from nothing, or is refused in a sentence."""
    gone_on = trained_or_refused(members, recipe, trained)
    if isinstance(gone_on, str):
        assert is_sentence(gone_on), gone_on
    else:
        assert gone_on.fingerprint() != trained.fingerprint(), "the start was passed over in silence"


def test_release_hangs_on_the_members_as_it_says(
    family: type[Recipe], recipe: Recipe, members: NDArray[np.uint8], others: NDArray[np.uint8]
) -> None:
    """Other members make another release where `learns` says so, and the same where it says that they do not."""
    of_members, of_others = (
        trained_on(slices, recipe).sample(N_IMAGES, seed=DRAWN_WITH) for slices in (members, others[: len(members)])
    )
    assert np.array_equal(of_members, of_others) != family.learns


def trained_or_refused(members: NDArray[np.uint8], recipe: Recipe, start: Generator | None = None) -> Generator | str:
    """A generator, or what the family says against training one."""
    try:
        return train(members, recipe, seed=TRAINED_WITH, start=start, device="cpu")
    except ValueError as error:
        return str(error)


def interrupted(recipe: Recipe, members: NDArray[np.uint8], folder: Path) -> None:
    """Ask a training half-way to end: it keeps its state in the folder before."""
    asked = [0]

    def stopping() -> bool:
        asked[0] += 1
        return asked[0] >= recipe.n_steps // 2

    try:
        train(members, recipe, seed=TRAINED_WITH, device="cpu", checkpoint=folder, stopping=stopping)
    except Stopped:
        if any(folder.iterdir()):
            return
    pytest.fail(
        "A training that is asked to end must keep its state and end: call `training.after(...)` after each step."
    )


def states_of_the_process() -> list[bytes]:
    """The states of the random generators that a process has, as bytes."""
    name, keys, *rest = np.random.get_state()  # noqa: NPY002  # the process's generator is what this is about
    return [
        repr(random.getstate()).encode(),
        repr((name, rest)).encode() + np.asarray(keys).tobytes(),
        torch.get_rng_state().numpy().tobytes(),
    ]
