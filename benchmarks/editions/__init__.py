"""Challenge editions as data: one YAML file each, read into frozen records. A new edition is a new file."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

ROLES = ("dev_generated", "dev_used", "dev_not_used", "test_generated", "test_candidates")


@dataclass(frozen=True)
class Leaf:
    """A folder that holds the images of one role.

    folders: its names, lower case, any of which will do; last_resort: names that count if none of those is.
    id_format: an id from its number, such as `used_{:04d}`; id_pattern: regular expression that a whole id
    matches, other copies' ids, too; count: images the organisers gave out.
    """

    folders: tuple[str, ...]
    id_format: str
    id_pattern: str
    count: int
    last_resort: tuple[str, ...] = ()

    def ids(self, count: int | None = None) -> tuple[str, ...]:
        """The ids as the organisers number them, from 1; count: how many, default all."""
        return tuple(self.id_format.format(number) for number in range(1, (count or self.count) + 1))


@dataclass(frozen=True)
class Submission:
    """The file handed in: one line a candidate, `<id><separator><score>`."""

    separator: str
    header: bool
    scores: tuple[int, ...]


@dataclass(frozen=True)
class Edition:
    """One edition of a challenge. image_size: pixels; labels: leaf -> score; metrics: larger is better."""

    name: str
    title: str
    year: int
    image_size: int
    leaves: Mapping[str, Leaf]
    labels: Mapping[str, int]
    metrics: tuple[str, ...]
    official_metric: str
    submission: Submission


def edition_names() -> tuple[str, ...]:
    """The names of all editions described here, sorted."""
    described = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in described if name.endswith(".yaml")))


def load_edition(name: str) -> Edition:
    """Read one edition by name, such as `imageclef2023`. Raises ValueError, with near names, if unknown."""
    known = edition_names()
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"There is no edition {name!r}.{meant} There are: {', '.join(known)}.")
    text = files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return _edition(name, yaml.safe_load(text))


def _edition(name: str, facts: dict[str, Any]) -> Edition:
    leaves = {role: _leaf(**leaf) for role, leaf in facts.pop("leaves").items()}
    if set(leaves) != set(ROLES):
        raise ValueError(f"Edition {name} describes {', '.join(leaves)}; it must describe {', '.join(ROLES)}.")
    metrics = tuple(facts.pop("metrics"))
    if facts["official_metric"] not in metrics:
        raise ValueError(f"Edition {name} ranks by {facts['official_metric']}, which is none of its metrics.")
    submission = facts.pop("submission")
    return Edition(
        name=name,
        leaves=MappingProxyType(leaves),
        labels=MappingProxyType(facts.pop("labels")),
        metrics=metrics,
        submission=Submission(submission["separator"], submission["header"], tuple(submission["scores"])),
        **facts,
    )


def _leaf(folders: list[str], id_format: str, id_pattern: str, count: int, last_resort: tuple[str, ...] = ()) -> Leaf:
    return Leaf(tuple(folders), id_format, id_pattern, count, tuple(last_resort))
