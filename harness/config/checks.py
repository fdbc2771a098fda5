"""What types cannot check of options: each fault in a sentence, with the value given and what is allowed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from harness.config.edition_options import check_edition, membership_editions
from harness.config.recipe_options import Start
from harness.data.options import (
    BY_ID,
    BY_STUDY,
    DicomData,
    EditionFolder,
    FolderData,
    HubData,
    NiftiData,
    ParquetData,
    PhantomData,
)
from harness.data.sources.pixels.window import window_of
from harness.data.sources.scans.named_patient import pattern_of
from harness.data.sources.scans.slice_choice import slice_choice
from harness.errors import InputError, unknown_name
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.probability_calibration import CURVES
from harness.evaluation.selection_rules import RULES
from harness.places import lies_in, user_path
from shadow_models.fine_tuning import EXTRA

PICTURES = ("none", "phantom", "all")
_MOST, _MOST_OF_ATTACK, _MOST_SEED = 2**31 - 1, 10**6, 2**63 - 1
_MOST_SIDE = 2**13  # pixels: of the largest image that is read
_MOST_SHADOWS = 1000
_MOST_DRAWN_BYTES = 2**35


def check_numbers(config: DictConfig) -> None:
    """Numbers that no option can mean, whatever it is: NaN, infinities, and what is absurd in any size.

    config: as Hydra composed it. A run would end hours later, or never. Raises InputError, naming the option.
    """
    for name, number in _numbers(OmegaConf.to_container(config, resolve=True), ""):
        if isinstance(number, float) and not math.isfinite(number):
            raise InputError(f"{name}={number} is no number that can be reckoned with; give a finite one.")
        of_attack = name.startswith("attack.")
        seeds = name.rpartition(".")[2].endswith("seed")
        most = _MOST_SEED if seeds else _MOST_OF_ATTACK if of_attack and isinstance(number, int) else _MOST
        if abs(number) > most:
            raise InputError(f"{name}={number} is beyond all that can be meant there; at most {most} is taken.")


def _numbers(value: Any, name: str) -> Iterator[tuple[str, int | float]]:
    """Every number with the dotted name of its option, those of lists under the name of the list."""
    if isinstance(value, dict):
        for key, one in value.items():
            if name or key != "hydra":
                yield from _numbers(one, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for one in value:
            yield from _numbers(one, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def check_run(options: Any) -> None:
    """The options of a run. Raises InputError."""
    if not options.attack:
        raise InputError("No attack is named; give attack=knn, a list such as attack=[knn,ssim], or attack=all.")
    for what, value, known in (
        ("selection rule", options.rule, RULES),
        ("decision rule", options.decision, DECISIONS),
        ("calibrator", options.calibrator, CURVES),
        ("value of report.pictures", options.report.pictures, PICTURES),
    ):
        if value not in known:
            raise InputError(unknown_name(what, value, known))
    _check_positive(("shadow.n_images", options.shadow.n_images), ("surrogate.steps", options.surrogate.steps))
    if (options.shadow.count or 0) > _MOST_SHADOWS:
        raise InputError(f"shadow.count={options.shadow.count} must be at most {_MOST_SHADOWS}.")
    check_common(options)


def check_common(options: Any) -> None:
    """What types cannot check of data, launch, device and places, for all commands that train. Raises InputError."""
    device, known = re.sub(r"^cuda:\d+$", "cuda", options.device), ("auto", "cpu", "cuda", "mps")
    if device not in known:
        raise InputError(unknown_name("device", device, known))
    options.launch.check()
    check_data(options)


def check_data(options: Any) -> None:
    """What types cannot check of data and of the places beside them, for all commands that read slices.

    Paths of the data are made whole. Raises InputError.
    """
    if options.data.name not in _names_of(options.data):
        raise InputError(unknown_name("data", options.data.name, _names_of(options.data)))
    _check_positive(("data.size", options.data.size), ("data.per_patient", options.data.per_patient))
    if options.data.size > _MOST_SIDE:
        raise InputError(f"data.size={options.data.size} must be at most {_MOST_SIDE} pixels.")
    if isinstance(options.data, PhantomData):
        _check_drawn(options.data)
    if isinstance(options.data, EditionFolder):
        check_edition(options.data)
        if options.data.window is not None:
            raise InputError("data.window is for folders and volumes; an edition's slices have 8 bits. Leave it out.")
    check_volumes(options.data)
    if isinstance(options.data, FolderData):
        options.data.root = str(user_path(options.data.root, "data.root="))
        if options.data.extra is not None:
            options.data.extra = str(user_path(options.data.extra, "data.extra="))
    if isinstance(options.data, ParquetData):
        options.data.files = parquet_files(options.data.files)
    if isinstance(options.data, HubData):
        options.data.path = hub_path(options.data.path)
    out = Path("runs") if options.out is None else user_path(options.out, "out=")
    for name, slices in slice_folders(options.data).items():
        _check_places(name, slices, user_path(options.store.root, "store.root="), out)


def parquet_files(files: Any) -> list[str]:
    """`data.files` as a list of paths, `~` as in a shell. Raises InputError for what is no path or list of paths."""
    named = [files] if isinstance(files, str) else files
    if not isinstance(named, list) or not named or not all(isinstance(one, str) for one in named):
        raise InputError(f"data.files={files} must be a file, a list of files, a folder, or a pattern of names.")
    return [str(user_path(one, "data.files=")) for one in named]


def hub_path(path: str) -> str:
    """`data.path` as a folder, `~` as in a shell, or as OWNER/NAME of the Hub."""
    return str(user_path(path, "data.path="))


def slice_folders(data: Any) -> dict[str, Path]:
    """The folders of slices on this machine, by the option that names each."""
    if isinstance(data, FolderData):
        return {"data.root": Path(data.root)} | ({"data.extra": Path(data.extra)} if data.extra is not None else {})
    if isinstance(data, HubData) and Path(data.path).is_dir():
        return {"data.path": Path(data.path)}
    if isinstance(data, ParquetData):
        return {f"data.files[{place}]": Path(one) for place, one in enumerate(data.files) if Path(one).exists()}
    return {}


def check_volumes(data: Any) -> None:
    """The options of what has more than 8 bits, or more than one slice a file. Raises InputError."""
    windowed = isinstance(data, FolderData | HubData | ParquetData)
    if windowed and (data.window is not None or isinstance(data, DicomData | NiftiData)):
        window_of(data.window)
    if isinstance(data, DicomData | NiftiData):
        slice_choice(data.slices)
    if isinstance(data, DicomData) and data.patient not in (BY_ID, BY_STUDY):
        raise InputError(unknown_name("value of data.patient", data.patient, (BY_ID, BY_STUDY)))
    if isinstance(data, NiftiData) and data.patient is not None:
        pattern_of(data.patient)


def taken_places(store_root: Path, data: Any) -> dict[str, Path]:
    """What results must be neither above nor below, by the option that names it; data: as `check_common` left it."""
    return {"store.root": store_root, **slice_folders(data)}


def has_extra(data: Any) -> bool:
    """Whether there are slices that nobody asks about."""
    return isinstance(data, FolderData) and data.extra is not None


def check_extra(data: Any, start: Start, called: str) -> None:
    """InputError for extra slices that nothing would learn."""
    if has_extra(data) and not isinstance(data, EditionFolder) and start.name != EXTRA:
        raise InputError(
            f"data.extra={data.extra} is what {called}.start=extra learns from, and {called}.start={start.name} does "
            "without: leave one of them out."
        )


def _check_drawn(data: PhantomData) -> None:
    """InputError for more phantoms than fit into any memory: drawing them would find that out after hours."""
    n_bytes = data.patients * data.slices * data.size**2
    if n_bytes > _MOST_DRAWN_BYTES:
        raise InputError(
            f"data.patients={data.patients} with data.slices={data.slices} and data.size={data.size} would be "
            f"{n_bytes / 2**30:.0f} GiB of slices; at most {_MOST_DRAWN_BYTES // 2**30} GiB are drawn."
        )


def _check_positive(*numbers: tuple[str, int | None]) -> None:
    for name, number in numbers:
        if number is not None and number < 1:
            raise InputError(f"{name}={number} must be at least 1.")


def _names_of(data: Any) -> Sequence[str]:
    return membership_editions() if isinstance(data, EditionFolder) else [type(data).name]


def _check_places(called: str, slices: Path, *places: Path) -> None:
    """What a run writes must not lie among the slices: the next run would read its pictures as patients."""
    for place in places:
        if lies_in(place, slices):
            raise InputError(
                f"{place} lies inside {called}={slices}, so the next run would read its pictures as slices; "
                "start from another folder, or give store.root=DIR and out=DIR elsewhere."
            )
