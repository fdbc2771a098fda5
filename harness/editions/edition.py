"""What an edition of a challenge is: frozen records whose types are checked as they are made (pydantic)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictInt, StrictStr
from pydantic.dataclasses import dataclass

_V = TypeVar("_V")
STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
Count = Annotated[StrictInt, Field(ge=1, le=10_000_000)]  # ids are numbered to there
Names = tuple[StrictStr, ...]
_empty = BeforeValidator(lambda told: {} if told is None else told)  # of what may be left empty (null)
# A mapping that nobody can change afterwards.
Fixed = Annotated[Mapping[StrictStr, _V], AfterValidator(MappingProxyType)]

# What each kind of task is about, and the folders of images that it has.
ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "membership": ("dev_generated", "dev_used", "dev_not_used", "test_generated", "test_candidates"),
        "attribution": ("subsets", "dev_generated", "test_generated"),
        "fingerprints": ("test_generated",),
        "audit": ("release", "members", "holdout"),
    }
)


@dataclass(frozen=True, config=STRICT)
class Leaf:
    """A folder that holds the images of one role; whatever no public source tells is None, folders then empty.

    folders: its names, lower case, any of which will do; last_resort: names that count if none of those is.
    id_format: an id from its number, such as `used_{:04d}`; id_pattern: regular expression that a whole id
    matches, other copies' ids, too; count: images the organisers gave out. beside: where several roles' folders have
    one name, the names of folders beside it, any of which tells that it is this role's.
    """

    folders: Names = ()
    id_format: StrictStr | None = None
    id_pattern: StrictStr | None = None
    count: Count | None = None
    last_resort: Names = ()
    beside: Names = ()

    def ids(self, count: int | None = None) -> tuple[str, ...]:
        """The ids as the organisers number them, from 1; count: how many, default all. ValueError where not known."""
        count = self.count if count is None else count
        if self.id_format is None or count is None:
            raise ValueError("The edition does not say how these images are numbered, or how many there are.")
        return tuple(self.id_format.format(number) for number in range(1, count + 1))


# A role of which nothing is told at all is written as null.
_Leaf = Annotated[Leaf, _empty]


@dataclass(frozen=True, config=STRICT)
class Submission:
    """The file handed in: one line a candidate, `<id><separator><score>`, every id once, without file ending.

    header: the first line, None where there is none; scores: not used, used; ending: of the file's name.
    """

    separator: StrictStr = ","
    header: StrictStr | None = None
    scores: tuple[StrictInt, StrictInt] = (0, 1)
    ending: StrictStr = ".csv"


@dataclass(frozen=True, config=STRICT)
class Task:
    """What an edition asks for. metrics: by short names; official_metric: the one that ranks, None if not known.

    leaves: role -> folder, for every role of its kind; generators: names of the folders that part the releases of
    several generators, empty where there is one generator, None where nobody tells; classes: how many answers
    there are to choose from; published: the file beside the descriptor that holds the official table.
    """

    title: StrictStr
    leaves: Fixed[_Leaf]
    metrics: Names
    official_metric: StrictStr | None
    submission: Submission | None = None
    labels: Annotated[Fixed[StrictInt], _empty] = field(default_factory=dict)
    subtask: StrictInt | None = None
    generators: Names | None = ()
    classes: Count | None = None
    published: StrictStr | None = None


@dataclass(frozen=True, config=STRICT)
class Edition:
    """One edition of a challenge: tasks by kind. image_size: pixels, None if not known; sources: where it says so.

    leaves, labels, metrics, official_metric and submission are those of the membership task.
    """

    name: StrictStr
    title: StrictStr
    year: StrictInt
    image_size: Count | None
    sources: Names
    tasks: Fixed[Task]

    @property
    def membership(self) -> Task:
        """The membership task. Raises ValueError where the edition has none."""
        if "membership" not in self.tasks:
            raise ValueError(f"{self.title} has no membership task; it has: {', '.join(self.tasks)}.")
        return self.tasks["membership"]

    @property
    def leaves(self) -> Mapping[str, Leaf]:
        """Role -> folder."""
        return self.membership.leaves

    @property
    def labels(self) -> Mapping[str, int]:
        """Leaf -> score."""
        return self.membership.labels

    @property
    def metrics(self) -> tuple[str, ...]:
        """All metrics that the organisers name."""
        return self.membership.metrics

    @property
    def official_metric(self) -> str | None:
        """The metric that ranks."""
        return self.membership.official_metric

    @property
    def submission(self) -> Submission | None:
        """The file handed in, None where its format is not known."""
        return self.membership.submission


# The format of 2023, and of our own challenges; an edition whose format nobody tells gets it, too.
STANDARD = Submission()


def unknown_format(title: str) -> str:
    """The sentence for an edition whose submission format nobody tells."""
    return f"The submission format of {title} is not public; that of 2023 is taken, `<id>,<0 or 1>` lines."
