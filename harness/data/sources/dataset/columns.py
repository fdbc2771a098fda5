"""Which column of a data set holds the slices, and which says whose they are: as named, or told by their types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from harness.data.sources.folder.metadata import PATIENT
from harness.errors import InputError, unknown_name

Kind = Literal["image", "array", "bytes", "path"]
_FOUND = {"image": "images", "array": "arrays", "bytes": "bytes"}  # in this order, where no column is named
_NUMBERS = re.compile(r"(u?int|float)\d+|bool")


class Columns(NamedTuple):
    """The names of both columns and the kind of the first; patient: None where nobody says whose a slice is."""

    image: str
    kind: Kind
    patient: str | None

    @property
    def names(self) -> list[str]:
        """All that is read of a row."""
        return list(dict.fromkeys([self.image, *([self.patient] if self.patient is not None else [])]))


def chosen_columns(features: Mapping[str, Any], image: str | None, patient: str | None, called: str) -> Columns:
    """The columns that the options name, or those that the types of `features` tell.

    features: as `datasets` has them, by column; called: how messages name the data set. Raises InputError, naming the
    columns there are, for one that is missing or of a type without pictures, and where none or several can be meant.
    """
    kinds = {name: _kind(feature) for name, feature in features.items()}
    if image is None:
        image = _only_image(kinds, called)
    elif image not in features:
        raise InputError(f"data.image, a column of {called}: {unknown_name('column', image, features)}")
    kind = kinds[image]
    if kind is None:
        raise InputError(
            f"data.image={image}: that column of {called} holds {_told(features[image])}, and no images, bytes, "
            f"arrays or paths of files. {_there(kinds)}"
        )
    if patient is not None and patient not in features:
        raise InputError(f"data.patient, a column of {called}: {unknown_name('column', patient, features)}")
    if patient is not None and not _names_people(features[patient]):
        raise InputError(
            f"data.patient={patient}: that column of {called} holds {_told(features[patient])}; text or numbers are "
            "read there."
        )
    return Columns(image, kind, patient if patient is not None else _patient(features, called))


def _only_image(kinds: Mapping[str, Kind | None], called: str) -> str:
    for kind, told in _FOUND.items():
        found = [name for name, one in kinds.items() if one == kind]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(
                f"{called} has several columns of {told}: {', '.join(sorted(found))}. Say which, data.image=NAME."
            )
    raise InputError(
        f"{called} has no column of images, arrays or bytes. {_there(kinds)} Where one holds the paths of files, "
        "name it: data.image=NAME."
    )


def _patient(features: Mapping[str, Any], called: str) -> str | None:
    if PATIENT in features and _names_people(features[PATIENT]):
        return PATIENT
    near = [name for name in features if re.sub(r"[\W_]", "", name).casefold() in ("patientid", "patient")]
    if near:
        raise InputError(
            f"{called} has a column {near[0]!r}, which may say whose the slices are; say so, data.patient={near[0]}, "
            "or read a copy without it."
        )
    return None


def _kind(feature: Any) -> Kind | None:
    """What a column of that type of `datasets` may hold of slices."""
    called = type(feature).__name__
    if called == "Image" or _is_struct_of_image(feature):
        return "image"
    if called in ("Array2D", "Array3D"):
        return "array"
    if called == "Value":
        dtype = str(feature.dtype).removeprefix("large_")
        return {"binary": "bytes", "string": "path"}.get(dtype)  # type: ignore[return-value]
    depth = 0
    while type(feature).__name__ in ("List", "LargeList", "Sequence"):
        feature, depth = feature.feature, depth + 1
    is_picture = depth in (2, 3) and type(feature).__name__ == "Value" and _NUMBERS.fullmatch(str(feature.dtype))
    return "array" if is_picture else None


def _is_struct_of_image(feature: Any) -> bool:
    """Whether it is how `datasets` stores an image, in a file that does not say that it is one."""
    return (
        isinstance(feature, Mapping)
        and set(feature) == {"bytes", "path"}
        and (_kind(feature["bytes"]), _kind(feature["path"])) == ("bytes", "path")
    )


def _names_people(feature: Any) -> bool:
    if type(feature).__name__ == "ClassLabel":
        return True
    return type(feature).__name__ == "Value" and (
        str(feature.dtype).removeprefix("large_") == "string" or _NUMBERS.fullmatch(str(feature.dtype)) is not None
    )


def _told(feature: Any) -> str:
    """A type alone: one of labels or of nested columns would list what they are called."""
    return str(feature.dtype) if type(feature).__name__ == "Value" else type(feature).__name__


def _there(kinds: Mapping[str, Kind | None]) -> str:
    return f"Its columns are: {', '.join(sorted(kinds)) or 'none'}."
