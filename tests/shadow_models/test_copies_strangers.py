"""The families that are not trained: one gives its members away, the other has never seen them."""

from __future__ import annotations

import numpy as np
import pytest

from shadow_models.base.recipe import PHANTOM_SEED
from shadow_models.families.copies import Copies
from shadow_models.families.strangers import Strangers
from shadow_models.generator import load_generator
from shadow_models.kept import MEMBERS, read_members
from shadow_models.phantoms.patient import draw_patient
from shadow_models.registry import find_family
from shadow_models.sample import sample
from shadow_models.strangers import draw_stranger
from shadow_models.train import train

SIZE = 16


def members_of(seed: int) -> np.ndarray:
    return np.concatenate([draw_patient(seed, patient, 1, SIZE) for patient in range(8)])


def rms_to_nearest(release: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Of every released image the root mean square distance to the nearest member, grey levels."""
    apart = release[:, None].astype(float) - members[None]
    return np.sqrt((apart**2).mean(axis=(2, 3))).min(axis=1)


@pytest.fixture(scope="module")
def members() -> np.ndarray:
    return members_of(0)


@pytest.mark.parametrize("family", [Copies, Strangers])
def test_a_release_hangs_on_seed_and_place_alone_and_survives_the_disk(family, members, tmp_path):
    generator = train(members, family(size=SIZE), seed=0)
    release = sample(generator, 11, seed=5)
    assert np.array_equal(sample(generator, 7, seed=5, batch=2), release[:7])
    assert not np.array_equal(sample(generator, 11, seed=6), release)
    generator.save(tmp_path)
    loaded = load_generator(tmp_path)
    assert loaded.recipe == generator.recipe
    assert loaded.fingerprint() == generator.fingerprint()
    assert np.array_equal(sample(loaded, 11, seed=5), release)


@pytest.mark.parametrize("family", [Copies, Strangers])
def test_it_is_told_how_far_it_is(family, members):
    told = []
    sample(train(members, family(size=SIZE), seed=0), 5, seed=0, batch=2, report=lambda *one: told.append(one))
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_all_copies_come_out_before_one_comes_twice(members):
    generator = train(members, Copies(size=SIZE, noise=0.0), seed=0)
    release = sample(generator, 16, seed=1)
    for turn in (release[:8], release[8:]):
        assert sorted(one.tobytes() for one in turn) == sorted(one.tobytes() for one in members)
    assert not np.array_equal(release[:8], release[8:])


def test_copies_are_as_noisy_as_asked_for(members):
    grey = np.full_like(members, 128)
    release = sample(train(grey, Copies(size=SIZE, noise=12.0), seed=0), 64, seed=1).astype(float)
    assert release.std() == pytest.approx(12.0, rel=0.05)
    assert release.mean() == pytest.approx(128.0, abs=0.5)
    assert len(np.unique(release, axis=0)) == 64


def test_a_share_of_copies_lies_among_strangers(members):
    release = sample(train(members, Copies(size=SIZE, noise=0.0, share=0.3), seed=0), 20, seed=1)
    is_copy = rms_to_nearest(release, members) == 0
    assert [int(is_copy[:n].sum()) for n in (3, 4, 10, 20)] == [0, 1, 3, 6]
    assert len(np.unique(release[is_copy], axis=0)) == 6
    none = sample(train(members, Copies(size=SIZE, share=0.0), seed=0), 20, seed=1)
    assert np.array_equal(none, sample(train(members, Strangers(size=SIZE), seed=0), 20, seed=1))


def test_strangers_never_saw_their_members(members):
    one, other = (train(those, Strangers(size=SIZE), seed=0) for those in (members, members_of(1)))
    assert one.content() == other.content() == {}
    assert np.array_equal(sample(one, 6, seed=2), sample(other, 6, seed=2))
    assert (Copies.learns, Strangers.learns) == (True, False)


def test_no_stranger_is_a_phantom_of_the_default_data_or_of_the_base():
    strangers = np.stack([draw_stranger(number, SIZE) for number in range(8)])
    for seed in (0, 1, PHANTOM_SEED):
        others = np.concatenate([draw_patient(seed, number, 1, SIZE) for number in range(8)])
        assert rms_to_nearest(strangers, others).min() > 1


def test_members_are_kept_in_their_order(members):
    recipe = Copies(size=SIZE)
    turned = train(members[::-1], recipe, seed=0)
    assert list(turned.content()) == [MEMBERS]
    assert turned.content() == train(members[::-1].copy(), recipe, seed=9).content()
    assert turned.content() != train(members, recipe, seed=0).content()


@pytest.mark.parametrize("name", ["copies", "strangers"])
def test_faults_are_sentences(name, members):
    family = find_family(name)
    with pytest.raises(ValueError, match=r"^Recipe field size is 4, but must be between 8 and 1024\.$"):
        family(size=4)
    start = train(members, family(size=SIZE), seed=0)
    with pytest.raises(ValueError, match=rf"^The generator '{name}' has no weights .*\.$"):
        train(members, family(size=SIZE), seed=0, start=start)
    with pytest.raises(ValueError, match=r"^Members must be at least one uint8 slice"):
        train(members[:0], family(size=SIZE), seed=0)


@pytest.mark.parametrize(("field", "value"), [("noise", -1.0), ("noise", float("nan")), ("share", 1.1)])
def test_a_value_out_of_range_is_refused(field, value):
    with pytest.raises(ValueError, match=rf"^Recipe field {field} is {value}, but must be between .*\.$"):
        Copies(**{field: value})


def test_files_that_are_no_members_are_refused(members, tmp_path):
    train(members, Copies(size=SIZE), seed=0).save(tmp_path)
    whole = (tmp_path / MEMBERS).read_bytes()
    for content in (b"", b"no array", whole[:-1], b"PK\x03\x04" + whole):
        (tmp_path / MEMBERS).write_bytes(content)
        with pytest.raises(ValueError, match=r"members\.npy is no file of members \(.*\)\.$"):
            load_generator(tmp_path)
    for array in (members[:, :8], members[:0], members.astype(float), np.array([{}], dtype=object)):
        np.save(tmp_path / MEMBERS, array)
        with pytest.raises(ValueError, match=r"members\.npy (holds|is no file of members).*\.$"):
            load_generator(tmp_path)
    (tmp_path / MEMBERS).unlink()
    with pytest.raises(FileNotFoundError):
        load_generator(tmp_path)


def test_a_head_that_is_no_python_is_told_as_a_sentence(tmp_path):
    """Found by fuzzing: numpy reads the head as Python's words, and whatever reads those raises its own errors."""
    np.save(tmp_path / MEMBERS, np.zeros((2, 4, 4), np.uint8))
    whole = (tmp_path / MEMBERS).read_bytes()
    heads = (whole.replace(b"(2, 4", b"(2,\n("), whole.replace(b"}", b"("), whole.replace(b"2,", b"9" * 2))
    for broken in (*heads, whole.replace(b"{", b")"), whole.replace(b"{'desc", b"  x\n y")):
        (tmp_path / MEMBERS).write_bytes(broken)
        with pytest.raises(ValueError, match=r"no file of members|members of the recipe"):
            read_members(tmp_path, 4)
