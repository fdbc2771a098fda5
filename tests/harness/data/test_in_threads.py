"""Work on several threads: the answers of one thread, in its order, and its first mistake."""

from __future__ import annotations

import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data import in_threads
from harness.data.in_threads import in_order
from harness.data.sources.pixels import decode
from harness.data.sources.pixels.decode import load_images
from harness.errors import InputError


@pytest.fixture(autouse=True)
def several(monkeypatch):
    """Of a machine with one core, too."""
    monkeypatch.setattr(in_threads, "threads", lambda: 4)


@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 500])
def test_answers_come_in_the_order_of_the_things(n):
    def slowly(thing: int) -> int:
        time.sleep(0.002 * (thing % 3 == 0))
        return thing * thing

    assert list(in_order(slowly, range(n), 4)) == [thing * thing for thing in range(n)]


def test_the_first_mistake_is_told_whichever_thread_is_faster():
    def answer(thing: int) -> int:
        if thing == 3:
            time.sleep(0.1)
        if thing >= 3:
            raise ValueError(str(thing))
        return thing

    for _ in range(5):
        with pytest.raises(ValueError, match=r"^3$"):
            list(in_order(answer, range(100), 1))


def test_what_nobody_waits_for_is_not_done():
    done = []
    answers = in_order(done.append, range(10_000), 1)
    next(answers)
    answers.close()
    assert len(done) < 100


def _images(folder: Path, n: int) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = []
    for number in range(n):
        side = (32, 48, 40)[number % 3]
        values = rng.integers(0, 255, (side, side + 3 * (number % 5 == 0), 3)).astype(np.uint8)
        paths.append(folder / f"{number:03d}.{'tif' if number % 4 == 3 else 'png'}")
        if number % 4 == 3:
            Image.fromarray((values[..., 0] / 255).astype(np.float32)).save(paths[-1])
        else:
            Image.fromarray(values if number % 4 else values[..., 0]).save(paths[-1])
    return paths


def _read(paths: list[Path]) -> tuple[np.ndarray, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pixels = load_images(paths, [path.name for path in paths], 32, "the folder")
    return pixels, [str(one.message) for one in caught]


def test_pixels_and_remarks_are_those_of_one_thread(tmp_path, monkeypatch):
    paths = _images(tmp_path, 100)
    of_several, told = _read(paths)
    monkeypatch.setattr(decode, "in_order", map)
    of_one, told_by_one = _read(paths)
    assert np.array_equal(of_several, of_one)
    assert told == told_by_one
    assert len(told) == 4


def test_the_first_damaged_file_is_named(tmp_path):
    paths = _images(tmp_path, 60)
    for damaged in (paths[5], paths[40]):
        damaged.write_bytes(b"no image")
    with pytest.raises(InputError, match=r"^the folder: 005\.png is not an image"):
        _read(paths)


def test_large_images_are_decoded_one_at_a_time(tmp_path, monkeypatch):
    """Each may take half a GiB: no more than one of them is held, however many threads there are."""
    monkeypatch.setattr(decode, "_SMALL", 40**2)
    at_once, most, counting, shown = [0], [0], threading.Lock(), decode._shown

    def counted(image, *rest):
        large = max(image.size) > 40
        with counting:
            at_once[0] += large
            most[0] = max(most[0], at_once[0])
        time.sleep(0.002)
        grey = shown(image, *rest)
        with counting:
            at_once[0] -= large
        return grey

    monkeypatch.setattr(decode, "_shown", counted)
    _read(_images(tmp_path, 60))
    assert most[0] == 1


def test_what_nobody_waits_for_any_more_is_left_undone():
    """Ctrl-C would otherwise wait for whole batches of large files."""
    done, first = [], threading.Event()

    def work(thing: int) -> int:
        first.wait(10)
        time.sleep(0.01)
        done.append(thing)
        if thing == 0:
            raise KeyboardInterrupt
        return thing

    found = in_order(work, range(1000), at_a_time=100)
    first.set()
    with pytest.raises(KeyboardInterrupt):
        next(found)
    assert len(done) < 50
