"""Data sets as the library `datasets` reads them, a few rows at a time: parquet files, a folder, or one of the Hub.

Of the files of others only tables and pictures are read: no script, nothing pickled, and no file outside of the data
set, whatever a row names. What lies on this machine is read where it lies, without a second copy in a cache.
"""

from __future__ import annotations

import logging
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data.options import HubData, ParquetData
from harness.data.sources.dataset.files import (
    below,
    check_card,
    check_card_of_hub,
    check_files,
    check_repository,
    files_of,
    inside,
    lies_below,
    none_beside,
)
from harness.data.sources.dataset.sizes import rows_at_once
from harness.errors import HarnessWarning, InputError, unknown_name

if TYPE_CHECKING:
    import pyarrow

ROWS_AT_ONCE = 32
_READ = ("parquet", "arrow", "imagefolder", "csv", "json", "cache")  # of what datasets reads: no .pkl, .h5, .tar
_OF_THE_HUB = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_KEPT = ("dataset_info.json", "state.json"), ("dataset_dict.json",)  # what save_to_disk writes: one, or of splits


@dataclass(frozen=True)
class Part:
    """Rows of one file or data set.

    features: what each column holds, as `datasets` has it; rows: some columns -> tables of Arrow, of up to
    `ROWS_AT_ONCE` rows; file_of: what a cell names as a file -> where it lies; revision: the commit, if known.
    """

    features: Mapping[str, Any]
    rows: Callable[[Sequence[str]], Iterator[pyarrow.Table]]
    file_of: Callable[[str], Path]
    revision: str | None = None


def parts_of(data: HubData | ParquetData) -> list[Part]:
    """The parts whose rows, one after the other, are the data set. Raises InputError for what is not there."""
    with _told(data):
        if isinstance(data, ParquetData):
            named = [data.files] if isinstance(data.files, str) else data.files
            beside = data.image is not None or all(Path(one).is_dir() for one in named)
            return [_parquet(path, beside) for path in files_of(data.files)]
        folder = Path(data.path)
        if folder.is_dir():
            kept = next((names for names in _KEPT if all((folder / name).is_file() for name in names)), None)
            return [_saved(folder, data, of_splits=len(kept) == 1)] if kept else [_folder(folder, data)]
        if not _OF_THE_HUB.fullmatch(data.path):
            raise InputError(
                f"data.path={data.path} is no folder here, and no data set of the Hugging Face Hub, OWNER/NAME."
            )
        return [_of_hub(data)]


def _datasets() -> Any:
    """The library, quiet: what it would print, our messages say."""
    try:
        import datasets  # a second to import, and an extra
    except ImportError as error:
        raise InputError(
            f"data=hub and data=parquet read with the library datasets, which is not here ({error}): "
            "pip install 'gan-membership-harness[hub]'."
        ) from error
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # of a network that is not there, we tell
    if not sys.stderr.isatty():
        datasets.disable_progress_bars()
    return datasets


def _parquet(path: Path, beside: bool) -> Part:
    """beside: whether rows may name files in the folder of their table."""
    files = {"train": [str(path.absolute())]}
    features: Mapping[str, Any] = _streamed("parquet", "train", data_files=files)[0].features

    def rows(columns: Sequence[str]) -> Iterator[pyarrow.Table]:
        at_once = rows_at_once([path], ROWS_AT_ONCE, columns)
        options: dict[str, Any] = {"columns": list(columns), "batch_size": at_once}
        stream, *_kept = _streamed("parquet", "train", data_files=files, **options)
        yield from _tables(stream, at_once)

    return Part(features, rows, below(path.parent) if beside else none_beside)


def _folder(folder: Path, data: HubData) -> Part:
    """A folder of parquet files, images or tables, as a repository of the Hub holds them."""
    _refuse_revision(data)
    _datasets()  # whose absence is told
    check_card(folder)
    stream, beside, at_once = _streamed(str(folder.absolute()), data.split, folder, name=data.subset)

    def rows(columns: Sequence[str]) -> Iterator[pyarrow.Table]:
        assert beside.name  # kept until the last row is read
        yield from _tables(stream.select_columns(list(columns)), at_once)

    features = stream.features
    if features is None:  # of CSV and JSON the first rows tell
        first = next(_tables(stream, at_once), None)
        features = {} if first is None else _datasets().Features.from_arrow_schema(first.schema)
    return Part(features, rows, below(folder))


def _saved(folder: Path, data: HubData, of_splits: bool) -> Part:
    """What `save_to_disk` wrote, mapped into memory."""
    _refuse_revision(data)
    kept = _datasets().load_from_disk(str(folder), keep_in_memory=False)
    if of_splits:
        kept = kept[_one_of("data.split", data.split, list(kept))]
    check_files([one["filename"] for one in kept.cache_files], folder)
    return Part(kept.features, lambda columns: _tables(kept.select_columns(list(columns))), below(folder))


def _streamed(
    path: str, split: str, folder: Path | None = None, /, **options: Any
) -> tuple[Any, tempfile.TemporaryDirectory[str], int]:
    """What lies on this machine, row by row; a folder for what `datasets` would note, which goes with it; how many
    rows are read at once.

    folder: outside of which no file may lie, if any.
    """
    beside = tempfile.TemporaryDirectory(prefix="harness-datasets-")
    builder = _checked(_datasets().load_dataset_builder(path, cache_dir=beside.name, **options))
    at_once = ROWS_AT_ONCE
    if folder is not None:
        check_files(_named(builder), folder)
        at_once = rows_at_once([Path(one) for one in _named(builder) if one.endswith(".parquet")], ROWS_AT_ONCE)
        if type(builder).__module__.endswith(".parquet"):
            builder.config.batch_size = at_once
    splits = builder.as_streaming_dataset()
    return splits[_one_of("data.split", split, list(splits))], beside, at_once


def _of_hub(data: HubData) -> Part:
    """From the Hub, by way of the cache of `datasets`; without a network the copy there."""
    datasets = _datasets()
    import huggingface_hub

    check_card_of_hub(data.path, data.revision)
    try:
        builder = _checked(datasets.load_dataset_builder(data.path, data.subset, revision=data.revision))
        from_cache = type(builder).__module__.endswith(".cache")
        if from_cache:
            _check_kept(builder.hash, data)
        check_repository(_named(builder), getattr(builder, "repo_id", None) or data.path)
        builder.download_and_prepare()
        kept = builder.as_dataset(split=data.split)
    except ConnectionError as error:
        raise InputError(_not_here(data)) from error
    revision = builder.hash if _COMMIT.fullmatch(str(builder.hash)) else data.revision

    def file_of(name: str) -> Path:
        cache = Path(huggingface_hub.constants.HF_HUB_CACHE), Path(datasets.config.DOWNLOADED_DATASETS_PATH)
        if Path(name).is_absolute() and any(lies_below(Path(name), folder) for folder in cache):
            return Path(name)
        within = inside(name)
        return Path(
            huggingface_hub.hf_hub_download(
                data.path, within, repo_type="dataset", revision=revision, local_files_only=from_cache
            )
        )

    return Part(kept.features, lambda columns: _tables(kept.select_columns(list(columns))), file_of, revision)


def _named(builder: Any) -> list[str]:
    """The files that a data set is read from; none of one that was prepared before."""
    return [str(name) for files in (builder.config.data_files or {}).values() for name in files]


def _check_kept(kept: str, data: HubData) -> None:
    if data.revision is not None and data.revision != kept:
        raise InputError(
            f"data.revision={data.revision} cannot be had without a network: the copy of {data.path} that is kept "
            f"here is revision {kept}. Give that, or run the same command once where there is a network."
        )
    text = f"The Hugging Face Hub was not reached, so the copy of {data.path} that is kept here is read"
    warnings.warn(HarnessWarning(f"{text}, revision {kept}."), stacklevel=4)


def _not_here(data: HubData) -> str:
    fetch = f"hf download {data.path} --repo-type dataset{f' --revision {data.revision}' if data.revision else ''}"
    return (
        f"data.path={data.path}: there is no such folder, no copy of that data set is kept on this machine, and the "
        "Hugging Face Hub was not reached. Where there is a network, run the same command once; or fetch the files, "
        f"{fetch} --local-dir DIR, and give data.path=DIR."
    )


def _checked(builder: Any) -> Any:
    kind = type(builder).__module__.rpartition(".")[2]
    if kind not in _READ:
        raise InputError(
            f"The files of that data set are of the kind {kind}, which is not read here; parquet, Arrow, CSV, JSON "
            "and folders of images are. Convert it, with `Dataset.to_parquet` say."
        )
    return builder


def _tables(rows: Any, at_once: int = ROWS_AT_ONCE) -> Iterator[pyarrow.Table]:
    yield from rows.with_format("arrow").iter(batch_size=at_once)


def _one_of(option: str, given: str, known: Sequence[str]) -> str:
    if given not in known:
        raise InputError(unknown_name(option, given, known))
    return given


def _refuse_revision(data: HubData) -> None:
    if data.revision is not None:
        raise InputError(
            f"data.revision={data.revision}: {data.path} is a folder, which has no revisions; leave it out."
        )


@contextmanager
def _told(data: HubData | ParquetData) -> Iterator[None]:
    """What `datasets` raises, as a sentence with the option; what it says may name files and what they hold."""
    given = f"data.files={data.files}" if isinstance(data, ParquetData) else f"data.path={data.path}"
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # it raises whatever the files of others make its readers raise
        raise InputError(
            f"{given} cannot be read as a data set: files are damaged, missing, of several kinds or none, or are not "
            f"described by this configuration (the library datasets raised {type(error).__name__})."
        ) from error
