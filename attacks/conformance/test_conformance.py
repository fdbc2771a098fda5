"""What every attack must do, whoever wrote it. All that are found go through, or those named by `--attack NAME`."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from attacks.base import Access, Attack, LabelledTarget, Scores, Target, TargetShape
from attacks.conformance.worlds import (
    SIZE,
    World,
    auc,
    fitted,
    frozen,
    memorised,
    planted,
    twins,
    under_other_names,
)
from attacks.difficulty_calibration import CALIBRATIONS
from attacks.observing import ObservingAttack
from attacks.view import Observed, Observer
from shadow_models.conformance.documented import documented_options, own_docstring
from shadow_models.recipe import Gives

FOUND = 0.95  # AUC from which planted copies count as found: plain copies, so that every serious attack passes
CHANCE = 0.12  # how far a mean AUC over 12 targets of 15 against 15 may be from 0.5: four standard errors
ROUNDING = 1e-9  # of the scores' own standard deviation: what sums in another order may move


def test_is_documented(attack_class: type[Attack]) -> None:
    """What it does, and from which paper, stands in the docstring of its class; every option has a word, too."""
    assert own_docstring(attack_class), "the class has no docstring of its own"
    missing = {one.name for one in fields(attack_class)} - documented_options(attack_class, Attack)  # type: ignore[arg-type]
    assert not missing, f"options without a word on them (`name: ...` in the docstring of the class): {missing}"


def test_options_survive_json_and_hydra(attack_class: type[Attack]) -> None:
    """Options have defaults, and types that a command line, a key of the store and a manifest can carry."""
    from omegaconf import OmegaConf

    attack = attack_class()
    assert attack_class(**json.loads(json.dumps(asdict(attack)))) == attack  # type: ignore[call-overload]
    assert OmegaConf.to_object(OmegaConf.structured(attack_class)) == attack


def test_check_refuses_in_words(attack_class: type[Attack]) -> None:
    """Default options suit generators of the usual kind; what does not suit is a ValueError with a sentence."""
    attack_class().check(TargetShape(n_images=300, size=SIZE, n_timesteps=1000))
    refusal = None
    try:
        attack_class().check(TargetShape(n_images=1, size=2, n_timesteps=2))
    except ValueError as error:
        refusal = str(error)
    assert refusal is None or " " in refusal


def test_planted_copies_are_found(ready: Attack, world: World) -> None:
    """Members of a generator that releases plain copies score above the others; a control sees no difference."""
    mean = float(np.mean([auc(ready, planted(world, number)) for number in (0, 1)]))
    if ready.control:
        assert abs(mean - 0.5) < CHANCE
    else:
        assert mean > FOUND


def test_wrong_target_tells_nothing(ready: Attack, wrong_targets: list[LabelledTarget]) -> None:
    """Members of one generator are not to be told from the release and model of another that saw none of them."""
    assert abs(float(np.mean([auc(ready, labelled) for labelled in wrong_targets])) - 0.5) < CHANCE


def test_permuting_candidates_permutes_scores(ready: Attack, target: Target) -> None:
    """Whatever order a target lists its candidates in, they reach the attack sorted by id: not a bit changes."""
    order = np.random.default_rng(5).permutation(len(target.ids))
    assert np.array_equal(ready.score(target.reordered(order)), ready.score(target)[order])


def test_names_carry_nothing(ready: Attack, target: Target) -> None:
    """Candidates of other names, so that the attack meets them in another order, score the same but for rounding."""
    renamed, order = under_other_names(target)
    assert_same_but_for_rounding(ready.score(renamed), ready.score(target)[order])


def test_pairs_are_compared_exactly(of_pairs: ObservingAttack, target: Target) -> None:
    """What x shows beside single images is the same to the last bit, whatever the order and number of candidates.

    The distances of `attacks.distances` and `attacks.similarity` see to that; a matrix product of one's own does not.
    """
    renamed, order = under_other_names(target)
    observed = target.observe(of_pairs)
    assert np.array_equal(renamed.observe(of_pairs), observed[order])
    few = [7, 3, 21]
    alone = Target(tuple(target.ids[i] for i in few), target.candidates[few], target.release)
    assert np.array_equal(alone.observe(of_pairs), observed[few])


def assert_same_but_for_rounding(scores: Scores, expected: Scores) -> None:
    """A score near 0 has no size of its own: the spread over candidates is what a difference is measured by."""
    np.testing.assert_allclose(scores, expected, rtol=0.0, atol=ROUNDING * float(expected.std()))


def test_equal_slices_score_equally(ready: Attack, world: World) -> None:
    """Two candidates of the same pixels, in the same generators, get one score."""
    first, second = twins(world)
    candidates = world.candidates.copy()
    candidates[second] = candidates[first]
    doubled = World(n_pairs=5, seed=1, candidates=candidates, gives=world.gives)
    scores = ready.score(planted(doubled, remembers=False).target)
    assert abs(scores[first] - scores[second]) <= ROUNDING * scores.std()


def test_scores_are_finite_float64_and_repeat(ready: Attack, target: Target, world: World) -> None:
    """The same target gets the same scores, asked again or made anew."""
    scores = ready.score(target)
    assert scores.dtype == np.float64
    assert scores.shape == (len(target.ids),)
    assert np.isfinite(scores).all()
    assert np.array_equal(scores, ready.score(target))
    again = planted(World(n_pairs=5, seed=1, gives=world.gives), remembers=False).target
    np.testing.assert_allclose(ready.score(again), scores, rtol=1e-9, atol=1e-12)


def test_exact_copies_stay_finite(ready: Attack, target: Target, kind: Gives) -> None:
    """A release of the candidates themselves, each many times: distances of 0, ties, a model without error."""
    copies = frozen(np.tile(target.candidates, (10, 1, 1)))
    model = memorised(target.candidates, 1e-3, kind)
    assert np.isfinite(ready.score(replace(target, release=copies, model=model))).all()


def test_release_of_one_image_stays_finite(ready: Attack, target: Target, kind: Gives) -> None:
    """A generator that collapsed: nothing varies, and no variance may be divided by."""
    alone = target.candidates[:1]
    collapsed = replace(target, release=frozen(np.repeat(alone, 300, axis=0)), model=memorised(alone, 1e-3, kind))
    assert np.isfinite(ready.score(collapsed)).all()


@pytest.mark.parametrize("model", [False, True], ids=["release", "model"])
@pytest.mark.parametrize("references", ["none", "releases", "models"])
def test_says_why_it_cannot_run(ready: Attack, target: Target, model: bool, references: str) -> None:
    """Where a target lacks what the attack needs, `skip` gives a sentence; where it gives none, there are scores."""
    others = () if references == "none" else target.references
    if references == "releases":
        others = tuple(replace(one, model=None, seen=None) for one in others)
    poorer = replace(target, references=others, model=target.model if model else None)
    reason = ready.skip(poorer)
    if reason is None:
        assert ready.needs is not Access.REFERENCES or others
        assert model or not ready.needs.of_model
        assert np.isfinite(ready.score(poorer)).all()
    else:
        assert ready.needs is not Access.RELEASE
        assert reason.endswith(".")
        with pytest.raises(ValueError, match="cannot run here"):
            ready.score(poorer)


@pytest.mark.parametrize("whose", ["target", "references"])
def test_says_so_where_a_model_is_of_another_kind(ready: Attack, target: Target, kind: Gives, whose: str) -> None:
    """A discriminator is asked for no noise, nor a denoiser for a score: `skip` says so, or there are scores."""
    other = Gives.DENOISER if kind is Gives.DISCRIMINATOR else Gives.DISCRIMINATOR
    model = memorised(target.candidates, 0.5, other)
    of_target = model if whose == "target" else target.model
    others = [replace(one, model=model, seen=None) if whose == "references" else one for one in target.references]
    strange = replace(target, model=of_target, references=tuple(others))
    reason = ready.skip(strange)
    if reason is None:
        assert whose == "references" or not ready.needs.of_model
        assert np.isfinite(ready.score(strange)).all()
    else:
        assert ready.needs.of_model
        assert reason.endswith(".")
        with pytest.raises(ValueError, match="cannot run here"):
            ready.score(strange)


def test_fitting_makes_a_copy(ready: Attack, attack_class: type[Attack]) -> None:
    """`fit` returns a fitted copy with the same options, and leaves the attack that it was asked of as it is."""
    assert type(ready) is attack_class
    assert ready == attack_class()
    assert ready.is_fitted == ready.learns
    assert not attack_class().is_fitted


def test_is_picklable(ready: Attack, world: World) -> None:
    """Another process gets it, with what it learnt."""
    target = planted(world).target
    again = pickle.loads(pickle.dumps(ready))  # noqa: S301  # what was pickled here, and no file
    assert np.array_equal(again.score(target), ready.score(target))


def test_batches_of_network_calls_do_not_change_scores(
    ready: Attack, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many images go through the network at once is a matter of memory alone."""
    whole = ready.score(target)
    monkeypatch.setattr("attacks.noising.BATCH_IMAGES", 7)
    assert_same_but_for_rounding(ready.score(replace(target)), whole)


def test_observation_is_named_in_json_and_shared_by_calibrations(observing: ObservingAttack) -> None:
    """What decides an observation can be a key of the store, and calibrations play no part in it."""
    named = observing.observation()
    assert json.loads(json.dumps(named)) == list(named)
    assert all(replace(observing, calibration=other).observation() == named for other in ("none", *CALIBRATIONS))


def test_observation_is_of_one_generator(observing: ObservingAttack, target: Target) -> None:
    """What a generator shows does not depend on the references, nor on what the attack may not look at."""
    observed = target.observe(observing)
    alone = replace(target, references=())
    blank = frozen(np.zeros_like(target.release))
    less = replace(alone, model=None) if observing.observes is Access.RELEASE else replace(alone, release=blank)
    assert np.array_equal(less.observe(observing), observed)


def test_score_comes_from_what_was_observed(observing: ObservingAttack, target: Target, kind: Gives) -> None:
    """Observations out of the store stand for the generators: the score is the same without looking at them."""
    stored = target.observe(observing)
    others = list(target.observe_references(observing)) if observing.observes_references else []
    blank = frozen(np.zeros_like(target.release))
    unseen = memorised(blank[:1], 0.5, kind)
    references = [replace(one, release=blank, model=unseen) for one in target.references]
    for place, known in enumerate(others):
        references[place] = replace(references[place], seen=always(known))
    remembering = replace(target, release=blank, model=unseen, references=tuple(references), seen=always(stored))
    np.testing.assert_allclose(observing.score(remembering), observing.score(target), rtol=1e-9, atol=1e-9)


def always(known: Observed) -> Callable[[Observer], Observed]:
    """A memory of one observation."""
    return lambda attack: known


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_every_calibration_works(observing: ObservingAttack, world: World, calibration: str) -> None:
    """`attack.NAME.calibration=...` finds planted copies, whichever it is."""
    attack = fitted(replace(type(observing)(), calibration=calibration), world)
    assert float(np.mean([auc(attack, planted(world, number)) for number in (0, 1)])) > FOUND
