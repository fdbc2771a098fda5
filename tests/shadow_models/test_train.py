import errno
import hashlib
import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stops
import torch
from numpy.typing import NDArray

from shadow_models.accelerator import accelerator_for
from shadow_models.checkpoint import Checkpoint, CheckpointError, read_checkpoint, write_checkpoint
from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct.generator import DctGenerator
from shadow_models.one_training import Stopped
from shadow_models.recipe import Training
from shadow_models.sealed import SEAL, sealed
from shadow_models.train import train
from shadow_models.training import Pace


def weights_of(generator: DctGenerator) -> torch.Tensor:
    return torch.cat([weight.flatten() for weight in generator.network.parameters()])


@pytest.fixture(scope="module")
def longer(tiny: DctRecipe) -> DctRecipe:
    return replace(tiny, steps=40, flip=True)


@pytest.fixture(scope="module")
def undisturbed(longer: DctRecipe, slices: NDArray[np.uint8]) -> DctGenerator:
    return train(slices, longer, seed=1, device="cpu")


def interrupted(recipe: DctRecipe, slices: NDArray[np.uint8], folder: Path) -> None:
    with pytest.raises(Stopped):
        train(slices, recipe, seed=1, device="cpu", checkpoint=folder, stopping=stops.after(21))


def test_a_resumed_run_ends_bit_for_bit_where_an_undisturbed_one_ends(
    longer: DctRecipe, slices: NDArray[np.uint8], undisturbed: DctGenerator, tmp_path: Path
) -> None:
    interrupted(longer, slices, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000021"]
    steps: list[int] = []
    resumed = train(
        slices, longer, seed=1, device="cpu", checkpoint=tmp_path, report=lambda done, _: steps.append(done)
    )
    assert torch.equal(weights_of(resumed), weights_of(undisturbed))
    assert steps == [25, 40]
    files = sorted(path.name for path in next(tmp_path.iterdir()).iterdir())
    assert files == ["state.json", "state.safetensors"]


def test_a_resumed_run_really_starts_from_the_checkpoint(
    longer: DctRecipe,
    slices: NDArray[np.uint8],
    undisturbed: DctGenerator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from shadow_models.families.dct import train as module

    interrupted(longer, slices, tmp_path)
    first: list[int] = []
    plain = module._Batches.at
    monkeypatch.setattr(module._Batches, "at", lambda self, step: (first.append(step), plain(self, step))[1])
    train(slices, longer, seed=1, device="cpu", checkpoint=tmp_path)
    assert first == list(range(21, 40))


def test_an_unfinished_checkpoint_is_not_taken(
    longer: DctRecipe, slices: NDArray[np.uint8], undisturbed: DctGenerator, tmp_path: Path
) -> None:
    (tmp_path / "partial-1").mkdir()
    (tmp_path / "partial-1" / "state.safetensors").write_bytes(b"half")
    assert torch.equal(
        weights_of(train(slices, longer, seed=1, device="cpu", checkpoint=tmp_path)), weights_of(undisturbed)
    )


def test_a_checkpoint_of_another_run_is_refused(longer: DctRecipe, slices: NDArray[np.uint8], tmp_path: Path) -> None:
    interrupted(longer, slices, tmp_path)
    for recipe, seed, members, word in [
        (replace(longer, learning_rate=1e-3), 1, slices, "recipe"),
        (longer, 2, slices, "seed"),
        (longer, 1, slices[::-1], "members"),
    ]:
        with pytest.raises(ValueError, match=rf"another training \(different {word}\)"):
            train(members, recipe, seed=seed, device="cpu", checkpoint=tmp_path)


def test_a_damaged_checkpoint_is_refused(longer: DctRecipe, slices: NDArray[np.uint8], tmp_path: Path) -> None:
    interrupted(longer, slices, tmp_path)
    state = next(tmp_path.glob("*/state.safetensors"))
    content = bytearray(state.read_bytes())
    content[-1] ^= 1
    state.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        train(slices, longer, seed=1, device="cpu", checkpoint=tmp_path)


def test_same_seed_same_bits_and_other_seed_other_bits(
    longer: DctRecipe, slices: NDArray[np.uint8], undisturbed: DctGenerator
) -> None:
    torch.manual_seed(99)  # the process's own generator has no say
    torch.rand(3)
    assert torch.equal(weights_of(train(slices, longer, seed=1, device="cpu")), weights_of(undisturbed))
    other = train(slices, longer, seed=2, device="cpu")
    assert not torch.equal(weights_of(other), weights_of(undisturbed))


def test_training_leaves_the_process_generator_alone(tiny: DctRecipe, slices: NDArray[np.uint8]) -> None:
    torch.manual_seed(4)
    expected = torch.rand(3)
    torch.manual_seed(4)
    train(slices, replace(tiny, steps=2), seed=0, device="cpu")
    assert torch.equal(torch.rand(3), expected)


def test_bf16_trains_and_the_next_training_may_use_another_precision(
    tiny: DctRecipe, slices: NDArray[np.uint8]
) -> None:
    coarse = train(slices, replace(tiny, precision="bf16", steps=3), seed=0, device="cpu")
    fine = train(slices, replace(tiny, steps=3), seed=0, device="cpu")
    assert torch.isfinite(weights_of(coarse)).all()
    assert weights_of(coarse).dtype == torch.float32
    assert not torch.equal(weights_of(coarse), weights_of(fine))


def test_step_size_rises_and_falls(tiny: DctRecipe) -> None:
    pace = Pace(tiny.learning_rate, warm_up=0.1, final_rate=0.2, weight_decay=0, ema_decay=0)
    rates = [pace.rate_at(step, 100) for step in range(100)]
    assert rates.index(max(rates)) == 10
    assert max(rates) == 1
    assert rates[0] < 0.1
    assert 0.2 <= rates[-1] < 0.21


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (np.zeros((0, 16, 16), np.uint8), "at least one"),
        (np.zeros((2, 16, 16), np.float32), "float32"),
        (np.zeros((2, 32, 32), np.uint8), r"\[2, 32, 32\]"),
    ],
)
def test_wrong_members_are_refused(tiny: DctRecipe, members: NDArray[np.uint8], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        train(members, tiny, seed=0, device="cpu")


def test_fp16_needs_a_gpu(tiny: DctRecipe, slices: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="needs a CUDA device"):
        train(slices, replace(tiny, precision="fp16"), seed=0, device="cpu")


def test_each_step_of_each_seed_has_noise_of_its_own(longer: DctRecipe, slices: NDArray[np.uint8]) -> None:
    from shadow_models.families.dct import train as module
    from shadow_models.families.dct.codec import fit_codec

    def noised(seed: int, step: int) -> torch.Tensor:
        accelerator = accelerator_for("fp32", 4, "cpu")
        batches = module._Batches(slices, fit_codec(slices, longer), longer, seed, accelerator)
        return batches.at(step).scaled

    first = noised(1, 3)
    assert torch.equal(first, noised(1, 3))
    assert not torch.isclose(first, noised(1, 4)).any(dim=0).all()
    assert not torch.isclose(first, noised(2, 3)).any(dim=0).all()


def test_flipping_mirrors_some_slices_and_only_when_asked(tiny: DctRecipe, slices: NDArray[np.uint8]) -> None:
    from shadow_models.families.dct import train as module
    from shadow_models.families.dct.codec import fit_codec

    def clean(flip: bool) -> list[bool]:
        recipe = replace(tiny, flip=flip, batch=8)
        codec = fit_codec(slices[:1], recipe)
        batch = module._Batches(slices[:1], codec, recipe, 0, accelerator_for("fp32", 8, "cpu")).at(0)
        scaled, level = batch.scaled, batch.level
        data = (level.signal * scaled - level.noise * batch.target) * codec.gain  # v solved for the data
        images = codec.decode(data).astype(int)
        assert all(min(np.abs(i - slices[0]).max(), np.abs(i[:, ::-1] - slices[0]).max()) <= 1 for i in images)
        return [bool(np.abs(image - slices[0]).max() <= 1) for image in images]

    assert all(clean(flip=False))
    assert len(set(clean(flip=True))) == 2


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_checkpoint_is_for_no_other_eyes(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        for step in (1, 2):
            write_checkpoint(tmp_path / "checkpoint", Checkpoint(step, {"w": torch.zeros(2)}, {}), {"seed": 1})
    finally:
        os.umask(before)
    found = [tmp_path / "checkpoint", *(tmp_path / "checkpoint").rglob("*")]
    assert {(path.is_dir(), path.stat().st_mode & 0o777) for path in found} == {(True, 0o700), (False, 0o600)}
    assert [path.name for path in (tmp_path / "checkpoint").iterdir()] == ["step-000000002"]


def test_a_checkpoint_is_not_written_through_a_name_that_can_be_guessed(tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "checkpoint"
    victim.mkdir()
    folder.mkdir()
    (folder / f"partial-{os.getpid()}").symlink_to(victim)
    (folder / "partial-left").mkdir()
    write_checkpoint(folder, Checkpoint(1, {"w": torch.zeros(2)}, {}), {"seed": 1})
    assert list(victim.iterdir()) == []
    assert not (folder / "partial-left").exists(), "what a killed run left is cleared away"


def late(_number: int, _frame: object) -> None:
    pytest.fail("it waited")


@pytest.mark.parametrize("how", ["pipe", "link", "huge", "deep"])
def test_a_state_that_no_training_writes_is_refused_and_not_waited_for(tmp_path: Path, how: str) -> None:
    write_checkpoint(tmp_path, Checkpoint(1, {"w": torch.zeros(2)}, {}), {"seed": 1})
    state = tmp_path / "step-000000001" / "state.json"
    text = state.read_text()
    state.unlink()
    if how == "pipe":
        os.mkfifo(state)
    elif how == "link":
        (tmp_path / "elsewhere.json").write_text(text)
        state.symlink_to(tmp_path / "elsewhere.json")
    else:
        state.write_text(text + " " * 20_000_000 if how == "huge" else "[" * 100_000)
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    try:
        with pytest.raises(CheckpointError, match="cannot be read"):
            read_checkpoint(tmp_path, {"seed": 1})
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("change", [{"step": float("inf")}, {"step": "1"}, {"run": 5}, {"run": ["seed"]}])
def test_a_state_of_other_kinds_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    write_checkpoint(tmp_path, Checkpoint(1, {}, {}), {"seed": 1})
    state = tmp_path / "step-000000001" / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | change))
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_checkpoint(tmp_path, {"seed": 1})


def test_one_bit_of_a_state_is_damage_wherever_it_is(tmp_path: Path) -> None:
    """A step of 25 that reads 35 would give another generator under the same key."""
    write_checkpoint(tmp_path, Checkpoint(25, {"a": torch.ones(2)}, {"scale": 2.0}), {"seed": 1})
    assert read_checkpoint(tmp_path, {"seed": 1}) is not None
    state = tmp_path / "step-000000025" / "state.json"
    whole = state.read_bytes()
    for place in range(len(whole)):
        state.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(CheckpointError):
            read_checkpoint(tmp_path, {"seed": 1})
    state.write_bytes(whole)
    state.parent.rename(tmp_path / "step-000000035")
    with pytest.raises(CheckpointError, match="is damaged"):
        read_checkpoint(tmp_path, {"seed": 1})


def test_nothing_is_left_of_a_checkpoint_that_a_full_disk_cut_off(tmp_path: Path, monkeypatch: Any) -> None:
    write_checkpoint(tmp_path, Checkpoint(1, {}, {}), {"seed": 1})

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shadow_models.checkpoint.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_checkpoint(tmp_path, Checkpoint(2, {}, {}), {"seed": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]


def test_asked_to_end_in_the_last_step_a_training_is_done() -> None:
    kept: list[Path] = []
    training = Training(0, checkpoint=Path("x"), stopping=lambda: True)
    training.after(4, 4, kept.append)
    assert kept == []
    with pytest.raises(Stopped):
        training.after(3, 4, kept.append)
    assert kept == [Path("x")]


def test_tensors_that_are_none_are_refused_even_where_their_digest_fits(tmp_path: Path) -> None:
    """Found by fuzzing: somebody else may write both files."""
    write_checkpoint(tmp_path, Checkpoint(1, {"a": torch.ones(2)}, {}), {"seed": 1})
    place = tmp_path / "step-000000001"
    whole = (place / "state.safetensors").read_bytes()
    for broken in (b"", whole[:20], whole.replace(b"{", b"[", 1), whole[:-1]):
        (place / "state.safetensors").write_bytes(broken)
        told = json.loads((place / "state.json").read_text()) | {"tensors": hashlib.sha256(broken).hexdigest()}
        del told[SEAL]
        (place / "state.json").write_text(sealed(told))
        with pytest.raises(CheckpointError, match="cannot be read"):
            read_checkpoint(tmp_path, {"seed": 1})


def test_a_checkpoint_of_other_networks_is_none_to_go_on_from(tmp_path: Path) -> None:
    """Whole and of the same recipe, as an older version may have left one."""
    members, recipe = np.zeros((4, 16, 16), np.uint8), DctRecipe.tiny()
    stopped = iter([False, True])
    with pytest.raises(Stopped):
        train(members, recipe, seed=0, device="cpu", checkpoint=tmp_path, stopping=lambda: next(stopped))
    (place,) = tmp_path.glob("step-*")
    run = json.loads((place / "state.json").read_text())["run"]
    kept = read_checkpoint(tmp_path, run)
    assert kept is not None
    tensors = {f"other.{name}": tensor for name, tensor in kept.tensors.items()}
    shutil.rmtree(place)
    write_checkpoint(tmp_path, kept._replace(tensors=tensors), run)
    with pytest.raises(CheckpointError, match="lacks what the network"):
        train(members, recipe, seed=0, device="cpu", checkpoint=tmp_path)


def test_a_training_that_was_stopped_for_long_leaves_the_checkpoint_of_whoever_went_on(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, Checkpoint(500, {"w": torch.ones(2)}, {}), {"seed": 1})
    (tmp_path / "partial-of-the-other").mkdir()
    write_checkpoint(tmp_path, Checkpoint(150, {"w": torch.zeros(2)}, {}), {"seed": 1})
    assert {path.name for path in tmp_path.iterdir()} == {"step-000000500", "partial-of-the-other"}
    write_checkpoint(tmp_path, Checkpoint(501, {"w": torch.zeros(2)}, {}), {"seed": 1})
    assert {path.name for path in tmp_path.iterdir()} == {"step-000000501"}
