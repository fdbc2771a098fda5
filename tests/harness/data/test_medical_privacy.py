"""From a folder of scans to a report, and nothing of anybody in any file or line: not a name, date, UID or id."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom")
pytest.importorskip("nibabel")
from pydicom.uid import generate_uid
from scans import chest, header, write, write_nifti

from harness.data.pseudonyms import Salt
from harness.errors import InputError
from harness.stock.verify import damaged_salt
from harness.store import Store

PREFIX = "1.2.826.0.1.3680043.8.498.777."
NAMES = [
    "QUORRAX",
    "ZEPHYRINE",
    "HOSPIVAL",
    "19471109",
    "1947-11-09",
    "MRN88421",
    "ACC5531",
    "DRWATTLE",
    PREFIX,
]
RUN = [
    "data.size=16", "data.slices=middle:3", "shadow=copies", "shadow.n_images=8", "shadow.count=4", "attack=knn",
    "launch.workers=0", "device=cpu", "report.pictures=all",
]  # fmt: skip


def personal(number: int) -> dict[str, object]:
    """What a scanner writes of a person: every text of it is one of NAMES, or holds one."""
    series, study, reference = (generate_uid(PREFIX, [what, str(number)]) for what in ("series", "study", "frame"))
    return {
        "PatientName": f"QUORRAX{number}^ZEPHYRINE", "PatientID": f"MRN88421-{number}",
        "PatientBirthDate": "19471109", "StudyDate": "19471109", "AccessionNumber": "ACC5531",
        "InstitutionName": "HOSPIVAL", "ReferringPhysicianName": "DRWATTLE", "ImageComments": "QUORRAX",
        "StudyInstanceUID": study, "FrameOfReferenceUID": reference, "uids": series, "DeviceSerialNumber": "MRN88421",
    }  # fmt: skip


def write_patients(root: Path) -> None:
    """Twelve patients, in folders of their names; one of them has no id, and there is a localiser, too."""
    for number in range(12):
        person = personal(number)
        for place, picture in enumerate(chest(seed=number)):
            uid = generate_uid(prefix=PREFIX, entropy_srcs=[f"{number}-{place}"])
            where = {"SOPInstanceUID": uid, "ImagePositionPatient": [0, 0, place]}
            one = header(**{**person, **where, **({"PatientID": None} if number == 11 else {})})
            write(one, root / f"QUORRAX{number}_ZEPHYRINE" / f"MRN88421_{place}.dcm", picture)
    localiser = header(**personal(20), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write(localiser, root / "QUORRAX_20" / "x.dcm", np.zeros((16, 16), np.int16))
    (root / "QUORRAX_20" / "ZEPHYRINE.txt").write_text("of nobody")


def test_the_salt_is_open_to_nobody_else(tmp_path):
    store = Store(tmp_path / "s")
    before = os.umask(0)
    try:
        salt = Salt.of(store)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "s" / "salt" / "salt.txt").stat().st_mode) == 0o600
    assert Salt.of(store) == salt


@pytest.mark.parametrize("damage", [lambda text: text.replace(text[5], "e" if text[5] != "e" else "f", 1),
                                    lambda text: text[:20], lambda text: text[:70], lambda text: "\0" * 76,
                                    lambda text: text[:64] + " 0123456789"])  # fmt: skip
def test_a_damaged_salt_is_told_and_names_nobody_anew(tmp_path, damage):
    store = Store(tmp_path / "s")
    salt = Salt.of(store)
    place = Salt.place(store.root)
    text = place.read_text()
    place.write_text(damage(text))
    for ask in (lambda: Salt.of(store), lambda: Salt.read(store.root)):
        with pytest.raises(InputError, match=r"salt .* is damaged"):
            ask()
    assert damaged_salt(store.root) is not None
    place.write_text(text[:64])  # as stores had it before there was a mark
    assert Salt.of(store) == salt
    place.unlink()
    assert damaged_salt(store.root) is None


def found_in(folder: Path) -> list[str]:
    """Which of the names stands in the name or the content of which file."""
    hits = []
    for path in folder.rglob("*"):
        content = (path.read_bytes() if path.is_file() else b"") + str(path.relative_to(folder)).encode()
        hits += [f"{path}: {name}" for name in NAMES if name.lower().encode() in content.lower()]
    return hits


def said(*texts: str) -> list[str]:
    """Which of the names stand in these texts."""
    return [name for name in NAMES for text in texts if name.lower() in text.lower()]


@pytest.mark.parametrize("source", ["dicom", "nifti"])
def test_nothing_of_a_header_or_a_file_name_reaches_what_is_written_or_printed(
    harness, tmp_path, tmp_path_factory, source
):
    root = tmp_path_factory.mktemp("scans")
    if source == "dicom":
        write_patients(root)
    else:
        for number in range(12):
            write_nifti(root / f"QUORRAX{number}_ZEPHYRINE" / "MRN88421-19471109.nii", chest(seed=number))
    words = [f"data={source}", f"data.root={root}", *RUN]
    words += [r'data.patient="QUORRAX(\d+)_"'] if source == "nifti" else []
    typed = [word for word in words if "QUORRAX" in word]  # the user's own words, which the run's folder repeats
    for ran in (harness(*words, "dry_run=true"), *([] if typed else [harness(*words)])):
        assert ran.code == 0, ran.err
        assert typed or "1 that are localisers" in re.sub(r"\s+", " ", ran.out + ran.err)
        for text in (ran.out, ran.err):
            assert not said(text.replace(typed[0] if typed else "\0", ""))
    assert not found_in(tmp_path / "store")
    if typed:
        return
    (run,) = (tmp_path / "runs").iterdir()
    assert json.loads((run / "results.json").read_text())["records"]
    assert not found_in(tmp_path)


def test_a_run_is_verified_with_its_salt_and_the_store_stays_as_it_is(harness, tmp_path, tmp_path_factory):
    """Its pool is not in the store any more: slices are read elsewhere, and the same ids come out."""
    root = tmp_path_factory.mktemp("scans")
    write_patients(root)
    assert harness("data=dicom", f"data.root={root}", *RUN, "out=run").code == 0
    shutil.rmtree(tmp_path / "store" / "pool")
    (tmp_path / "store" / "pool").mkdir()

    def lying() -> set[str]:
        return {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}

    before = lying()
    ran = harness("verify", "run", f"data.root={root}", "--json")
    assert ran.code == 0, ran.out + ran.err
    assert lying() == before
    told = json.loads(ran.out)
    assert told["stored"]["pool"] == [0, 1]
    assert "pool" in {one["what"] for one in told["sides"] if one["same"]}


def test_a_damaged_file_is_told_without_its_name(harness, tmp_path, tmp_path_factory):
    root = tmp_path_factory.mktemp("scans")
    write_patients(root)
    victim = root / "QUORRAX3_ZEPHYRINE" / "MRN88421_2.dcm"
    victim.write_bytes(victim.read_bytes()[:-100])
    ran = harness("data=dicom", f"data.root={root}", *RUN)
    assert ran.code == 2
    assert "the file whose SHA-256 begins with" in re.sub(r"\s+", " ", ran.err)
    assert not said(ran.out, ran.err)
    assert not found_in(tmp_path)
