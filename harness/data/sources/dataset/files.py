"""Which files a data set may be read from: those that the user names, and of those that rows name its own alone."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator
from glob import glob
from pathlib import Path
from typing import Any

from harness import bounded
from harness.errors import InputError

NOT_ITS_OWN = "names a file that is not one of the data set's."
_CARD = "The data set names files that lie outside of its folder, which are not read."
_MOST_BYTES_OF_CARD = 2**24


def files_of(files: Any) -> list[Path]:
    """The parquet files that the option names. Raises InputError where one or all are missing."""
    named = [files] if isinstance(files, str) else list(files)
    found: list[Path] = []
    for name in named:
        path = Path(name)
        if path.is_dir():
            found += sorted(path.glob("*.parquet"))
        elif path.is_file():
            found.append(path)
        else:
            matching = [Path(one) for one in sorted(glob(name, recursive=True)) if Path(one).is_file()]  # noqa: PTH207  # a pattern may begin at the root
            if not matching:
                raise InputError(f"data.files={name}: there is no such file, and none of that pattern.")
            found += matching
    if not found:
        raise InputError(f"data.files={files}: no .parquet file lies there.")
    return list(dict.fromkeys(found))


def root_of(folder: Path) -> Path:
    """Below which folder the files of a data set lie: its own; that of all snapshots for one in the Hub's cache."""
    root = folder.resolve()
    is_snapshot = root.parent.name == "snapshots" and (root.parent.parent / "blobs").is_dir()
    return root.parent.parent if is_snapshot else root


def below(folder: Path) -> Callable[[str], Path]:
    """What a cell names as a file, looked for below a folder alone; links that lead out of it are not followed."""
    folder, root = folder.absolute(), root_of(folder)

    def file_of(name: str) -> Path:
        path = folder / name
        if not Path(name).is_absolute():
            path = folder / inside(name)
        elif not lies_below(path, folder) and not lies_below(path, folder.resolve()):
            raise InputError(NOT_ITS_OWN)
        if not path.resolve().is_relative_to(root):
            raise InputError(NOT_ITS_OWN)
        return path

    return file_of


def none_beside(_name: str) -> Path:
    """In place of `below` where nobody said that rows name files."""
    raise InputError(
        "names a file beside its table; say that rows do, data.image=COLUMN, or give the folder of the whole data "
        "set, data.files=DIR."
    )


def lies_below(path: Path, root: Path) -> bool:
    """Whether a path, as it is written, leads to a folder or into it; links of a cache lead elsewhere."""
    return Path(os.path.normpath(path)).is_relative_to(os.path.normpath(root.absolute()))


def inside(name: str) -> str:
    """A relative path that stays where it begins."""
    path = posixpath.normpath(name)
    if not name.strip() or "://" in name or posixpath.isabs(name) or path == ".." or path.startswith("../"):
        raise InputError(NOT_ITS_OWN)
    return path


def check_card(folder: Path) -> None:
    """InputError where a folder's description of itself names data outside of it, or on a network.

    To be asked first: `datasets` looks for what is named there as soon as it is told of the folder.
    """
    from datasets.config import REPOCARD_FILENAME, REPOYAML_FILENAME
    from huggingface_hub import DatasetCard

    if (folder / f"{folder.absolute().name}.py").is_file():
        raise InputError("The data set brings a script that reads it, which is not run; convert it to parquet.")
    cards = []
    check_files([str(folder / name) for name in (REPOCARD_FILENAME, REPOYAML_FILENAME)], folder)
    if (folder / REPOCARD_FILENAME).is_file():
        cards.append(DatasetCard.load(folder / REPOCARD_FILENAME).data.to_dict())
    if (folder / REPOYAML_FILENAME).is_file():
        try:
            cards.append(bounded.read_yaml(folder / REPOYAML_FILENAME, _MOST_BYTES_OF_CARD, "", links=True))
        except InputError as error:  # which may show what stands there
            raise InputError(f"The {REPOYAML_FILENAME} of the data set is no YAML that can be read.") from error
    _refuse_elsewhere(cards, f"{_CARD} Write paths below the folder.")


def check_card_of_hub(repository: str, revision: str | None) -> None:
    """InputError where a repository of the Hub describes itself by files that are not its own.

    To be asked before `datasets` is told of the repository, which looks up what is named there. Of a card that cannot
    be had nothing is said: there is none, or `datasets` cannot have it either.
    """
    import huggingface_hub
    from datasets.config import REPOCARD_FILENAME, REPOYAML_FILENAME
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    cards = []
    for name in (REPOCARD_FILENAME, REPOYAML_FILENAME):
        try:
            path = Path(huggingface_hub.hf_hub_download(repository, name, repo_type="dataset", revision=revision))
        except (EntryNotFoundError, HfHubHTTPError, OSError):
            continue
        if name == REPOCARD_FILENAME:
            cards.append(huggingface_hub.DatasetCard.load(path, ignore_metadata_errors=True).data.to_dict())
        else:
            cards.append(bounded.read_yaml(path, _MOST_BYTES_OF_CARD, "", links=True))
    _refuse_elsewhere(cards, f"data.path={repository} names files outside of its own repository, which are not read.")


def _refuse_elsewhere(cards: Iterable[Any], told: str) -> None:
    from datasets.config import METADATA_CONFIGS_FIELD

    for card in cards:
        configs = card.get(METADATA_CONFIGS_FIELD) if isinstance(card, dict) else None
        for config in configs if isinstance(configs, list) else []:
            for name in _texts([config.get(key) for key in ("data_files", "data_dir")] if config else []):
                if name.strip() and (":" in name or not _stays(name)):
                    raise InputError(told)


def check_files(files: Iterable[str], folder: Path) -> None:
    """InputError for a file that does not lie in the folder, where links lead to."""
    root = root_of(folder)
    if not all("://" not in name and Path(name).resolve().is_relative_to(root) for name in files):
        raise InputError(
            f"{_CARD} Copy into the folder what links lead to, and let README.md name paths below the folder."
        )


def check_repository(files: Iterable[str], repository: str) -> None:
    """InputError for a file that is none of that repository of the Hub."""
    place = f"hf://datasets/{repository}@"
    if not all(name.startswith(place) and "/../" not in name and "::" not in name for name in files):
        raise InputError(f"data.path={repository} names files outside of its own repository, which are not read.")


def _stays(name: str) -> bool:
    try:
        return bool(inside(name))
    except InputError:
        return False


def _texts(value: Any) -> Iterator[str]:
    """Every text in lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
