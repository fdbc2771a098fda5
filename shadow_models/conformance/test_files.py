"""A generator as files: all of it, the same bytes each time, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shadow_models.conformance.sentences import is_sentence
from shadow_models.conformance.worlds import DRAWN_WITH, N_IMAGES
from shadow_models.generator import Generator, load_generator
from shadow_models.recipe import ABOUT, Gives, Recipe


def test_content_is_files_of_bytes(trained: Generator) -> None:
    """Plain names, bytes that are the same when asked again and that the fingerprint is of.

    `generator.json` is not the family's to write.
    """
    content = trained.content()
    assert trained.fingerprint() == Generator.fingerprint(trained)
    assert trained.fingerprint() == trained.fingerprint(), "the bytes are others when asked again"
    for name, data in content.items():
        assert Path(name).name == name, f"{name!r} is no plain file name"
        assert name != ABOUT
        assert isinstance(data, bytes)


def test_a_start_is_the_files_that_the_family_names(family: type[Recipe], trained: Generator) -> None:
    """`files` says what is copied of a saved generator that others start from."""
    if not family.starts:
        pytest.skip("Nothing starts from a generator of the family.")
    assert sorted(trained.content()) == sorted(family.files), "`files` and the names in `content` differ"


def test_saved_and_loaded_it_is_the_same(trained: Generator, loaded: Generator, release: NDArray[np.uint8]) -> None:
    """Recipe, fingerprint, content and release."""
    assert type(loaded) is type(trained)
    assert loaded.recipe == trained.recipe
    assert sorted(loaded.content()) == sorted(trained.content())
    assert loaded.fingerprint() == trained.fingerprint()
    assert np.array_equal(loaded.sample(N_IMAGES, seed=DRAWN_WITH), release)


def test_saved_and_loaded_it_shows_the_same(
    family: type[Recipe], trained: Generator, loaded: Generator, members: NDArray[np.uint8]
) -> None:
    """An attacker who holds the files sees what the one who trained would see."""
    if family.gives is Gives.RELEASE:
        pytest.skip("The family gives releases only.")
    assert np.array_equal(shown(loaded, members), shown(trained, members))


@pytest.mark.parametrize("damage", ["empty", "half", "nonsense"])
def test_a_damaged_file_is_refused_in_a_sentence(trained: Generator, damage: str, tmp_path: Path) -> None:
    """Of every file: nothing left of it, the first half, other bytes in its place; ValueError each time."""
    content = trained.content()
    if not content:
        pytest.skip("Nothing is learnt, so there is no file.")
    trained.save(tmp_path)
    for name, data in content.items():
        (tmp_path / name).write_bytes(
            {"empty": b"", "half": data[: len(data) // 2], "nonsense": b"nonsense\n"}[damage]
        )
        with pytest.raises(ValueError, match=" ") as caught:
            load_generator(tmp_path)
        assert is_sentence(str(caught.value)), f"{name}: {caught.value}"
        (tmp_path / name).write_bytes(data)


def test_a_missing_file_is_refused(trained: Generator, tmp_path: Path) -> None:
    """ValueError or OSError."""
    content = trained.content()
    if not content:
        pytest.skip("Nothing is learnt, so there is no file.")
    trained.save(tmp_path)
    for name, data in content.items():
        (tmp_path / name).unlink()
        with pytest.raises((ValueError, OSError)):
            load_generator(tmp_path)
        (tmp_path / name).write_bytes(data)


def shown(generator: Generator, slices: NDArray[np.uint8]) -> NDArray[np.generic]:
    """What can be asked of it besides its images, about the slices."""
    import torch

    from shadow_models.denoiser import WhiteBox

    if generator.recipe.gives is Gives.DISCRIMINATOR:
        return np.asarray(generator.discriminate(slices))  # type: ignore[attr-defined]  # what it says it gives
    assert isinstance(generator, WhiteBox)
    z = generator.encode(slices)
    halfway = torch.full((len(z),), len(generator.alphas_cumprod) // 2)
    return np.concatenate([z.flatten().cpu().numpy(), generator.eps(z, halfway).flatten().cpu().numpy()])
