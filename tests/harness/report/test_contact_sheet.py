"""The contact sheet holds the pictures in rows, a small one to the pixel, below what is written."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from harness.report.contact_sheet import Group, Panel, sheet_png

COLUMNS = 3


def drawn(*groups: Group) -> np.ndarray:
    image = Image.open(BytesIO(sheet_png(groups, COLUMNS)))
    assert image.mode == "L"
    return np.asarray(image)


def where(sheet: np.ndarray, grey: int) -> tuple[slice, slice]:
    """The smallest box of what has this grey."""
    rows, columns = np.nonzero(sheet == grey)
    return slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)


def flat(grey: int, height: int = 16, width: int = 16) -> Panel:
    return Panel(np.full((height, width), grey, np.uint8))


@pytest.mark.parametrize(("size", "times"), [(16, 8), (64, 2), (100, 1), (128, 1)])
def test_a_small_picture_is_shown_to_the_pixel(images, size, times):
    image = images(1, size, 5)[0]
    sheet = drawn(Group("", [Panel(image)]))
    wanted = np.kron(image, np.ones((times, times), np.uint8))
    found = sheet[where(sheet != 255, True)]
    assert np.array_equal(found, wanted)


def test_a_large_picture_is_averaged_and_keeps_its_shape():
    board = np.indices((256, 512)).sum(axis=0) % 2 * 200
    sheet = drawn(Group("", [Panel(board.astype(np.uint8))]))
    found = sheet[where(sheet != 255, True)]
    assert found.shape == (64, 128)
    assert np.all(found == 100)


def test_a_large_picture_has_no_grey_beyond_its_own():
    edge = np.where(np.arange(300) < 151, 50, 200)[None].repeat(300, axis=0).astype(np.uint8)
    sheet = drawn(Group("", [Panel(edge)]))
    found = sheet[where(sheet != 255, True)]
    assert (found.min(), found.max()) == (50, 200)


def test_pictures_stand_in_rows_in_their_order_and_groups_below_one_another():
    greys = [10, 50, 90, 130]
    sheet = drawn(Group("", [flat(grey) for grey in greys]), Group("", [flat(200, 16, 8)]))
    boxes = [where(sheet, grey) for grey in (*greys, 200)]
    tops, lefts = ([box[axis].start for box in boxes] for axis in (0, 1))
    assert tops[0] == tops[1] == tops[2] < tops[3] < tops[4]
    assert lefts[0] == lefts[3] < lefts[1] < lefts[2]
    sides = [(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in boxes]
    assert sides == [(128, 128)] * 4 + [(128, 64)]


def written(sheet: np.ndarray, plain: np.ndarray) -> tuple[slice, slice]:
    """The box of what is on this sheet and not on that one, which has the same pictures."""
    return where(sheet != plain, True)


def test_a_title_stands_in_the_middle_above_its_group():
    def sheet(*titles: str) -> np.ndarray:
        return drawn(*(Group(title, [flat(90), flat(90)]) for title in titles))

    plain = sheet("", "")
    middle = plain.shape[1] / 2
    first, second = written(sheet("A title", ""), plain), written(sheet("", "A title"), plain)
    pictures = where(plain == 90, True)[0]
    assert first[0].stop <= pictures.start
    assert pictures.start + 128 <= second[0].start < second[0].stop <= pictures.stop - 128
    assert first[1] == second[1]
    assert abs((first[1].start + first[1].stop) / 2 - middle) <= 2


def test_a_caption_stands_in_the_middle_above_its_picture():
    def sheet(*captions: str) -> np.ndarray:
        panels = [flat(grey)._replace(caption=caption) for grey, caption in zip((90, 120), captions, strict=True)]
        return drawn(Group("", panels))

    plain = sheet("", "")
    for captions, grey in ((("7", ""), 90), (("", "7"), 120)):
        rows, columns = written(sheet(*captions), plain)
        of = where(plain, grey)
        assert of[0].start - 16 <= rows.start < rows.stop <= of[0].start
        assert abs(columns.start + columns.stop - of[1].start - of[1].stop) <= 4


def test_the_same_pictures_give_the_same_file(images):
    groups = [Group("twice", [Panel(one, "1") for one in images(5, 16, 1)])]
    assert sheet_png(groups, COLUMNS) == sheet_png(groups, COLUMNS)
