import numpy as np
import pytest

from harness.data.sources.slices import Slices
from harness.errors import InputError


def _pixels(n: int) -> np.ndarray:
    return np.zeros((n, 8, 8), np.uint8)


def test_slices_keep_what_they_are_given() -> None:
    slices = Slices(_pixels(2), ("a", "b"), ("p", "p"))
    assert (len(slices), slices.size) == (2, 8)


def test_no_slices_are_allowed() -> None:
    assert len(Slices(_pixels(0), (), ())) == 0


def test_repeated_ids_are_named() -> None:
    with pytest.raises(InputError, match=r"twice or more: b, c\.") as caught:
        Slices(_pixels(6), ("a", "b", "b", "c", "c", "d"), ("p",) * 6)
    assert "a," not in str(caught.value)


def test_many_repeated_ids_are_cut_short() -> None:
    ids = tuple(f"x{i // 2}" for i in range(18))
    with pytest.raises(InputError, match=r"x4 and 4 more"):
        Slices(_pixels(18), ids, ids)


@pytest.mark.parametrize(("ids", "patients"), [(("a",), ("p", "q")), (("a", "b"), ("p",)), ((), ())])
def test_lengths_must_agree(ids: tuple[str, ...], patients: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="There are 2 images"):
        Slices(_pixels(2), ids, patients)


@pytest.mark.parametrize("shape", [(1, 8), (1, 8, 9), (1, 8, 8, 1)])
def test_pixels_of_another_shape_are_a_bug(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="uint8 pixels of shape"):
        Slices(np.zeros(shape, np.uint8), ("a",), ("p",))


def test_pixels_of_another_type_are_a_bug() -> None:
    with pytest.raises(ValueError, match="not float32"):
        Slices(np.zeros((1, 8, 8), np.float32), ("a",), ("p",))  # type: ignore[arg-type]
