"""One real volume as DICOM, as NIfTI and as PNG: the same pixels, whichever reader reads them."""

from __future__ import annotations

import csv

import numpy as np
import pytest

pytest.importorskip("pydicom")
pytest.importorskip("nibabel")
from PIL import Image
from scans import LUNG_FLOOR, LUNG_SLOPE, write_nifti, write_series

from harness.data.options import DicomData, FolderData, NiftiData
from harness.data.pool import load_pool
from harness.store import Store

pytestmark = pytest.mark.filterwarnings("ignore::harness.errors.HarnessWarning")


@pytest.mark.parametrize("size", [256, 64])
def test_dicom_nifti_and_png_give_the_same_pixels(shared_data, tmp_path, size):
    source = shared_data / "lung_volume"
    with (source / "metadata.csv").open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["z"]))[::8]
    volume = np.stack([np.asarray(Image.open(source / row["file_name"])) for row in rows])
    (tmp_path / "png").mkdir()
    for number, picture in enumerate(volume):
        Image.fromarray(picture).save(tmp_path / "png" / f"{number:03d}.png")
    scale = {"RescaleSlope": f"{LUNG_SLOPE:.10f}", "RescaleIntercept": LUNG_FLOOR}
    write_series(tmp_path / "dicom", volume.astype(np.int16), **scale)
    write_nifti(tmp_path / "nifti" / "one.nii.gz", volume, LUNG_SLOPE, LUNG_FLOOR)
    store = Store(tmp_path / "store")
    wanted = load_pool(FolderData(root=str(tmp_path / "png"), size=size), store).pixels
    assert len(wanted) == len(rows) > 20
    for data in (DicomData(root=str(tmp_path / "dicom")), NiftiData(root=str(tmp_path / "nifti"))):
        data.size, data.slices = size, "all"
        assert np.array_equal(load_pool(data, store).pixels, wanted), data.name
