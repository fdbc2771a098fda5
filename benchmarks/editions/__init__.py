"""Challenge editions as data: one YAML file each, read into frozen records. A new edition is a new file."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

# What each kind of task is about, and the folders of images that it has.
ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "membership": ("dev_generated", "dev_used", "dev_not_used", "test_generated", "test_candidates"),
        "attribution": ("subsets", "dev_generated", "test_generated"),
        "fingerprints": ("test_generated",),
        "audit": ("release", "members", "holdout"),
    }
)


@dataclass(frozen=True)
class Leaf:
    """A folder that holds the images of one role; whatever no public source tells is None, folders then empty.

    folders: its names, lower case, any of which will do; last_resort: names that count if none of those is.
    id_format: an id from its number, such as `used_{:04d}`; id_pattern: regular expression that a whole id
    matches, other copies' ids, too; count: images the organisers gave out.
    """

    folders: tuple[str, ...] = ()
    id_format: str | None = None
    id_pattern: str | None = None
    count: int | None = None
    last_resort: tuple[str, ...] = ()

    def ids(self, count: int | None = None) -> tuple[str, ...]:
        """The ids as the organisers number them, from 1; count: how many, default all. ValueError where not known."""
        count = self.count if count is None else count
        if self.id_format is None or count is None:
            raise ValueError("The edition does not say how these images are numbered, or how many there are.")
        return tuple(self.id_format.format(number) for number in range(1, count + 1))


@dataclass(frozen=True)
class Submission:
    """The file handed in: one line a candidate, `<id><separator><score>`, every id once, without file ending.

    header: the first line, None where there is none; scores: not used, used; ending: of the file's name.
    """

    separator: str = ","
    header: str | None = None
    scores: tuple[int, ...] = (0, 1)
    ending: str = ".csv"


@dataclass(frozen=True)
class Task:
    """What an edition asks for. metrics: by short names; official_metric: the one that ranks, None if not known.

    leaves: role -> folder, for every role of its kind; generators: names of the folders that part the releases of
    several generators, empty where there is one generator, None where nobody tells; classes: how many answers
    there are to choose from; published: the file beside the descriptor that holds the official table.
    """

    title: str
    leaves: Mapping[str, Leaf]
    metrics: tuple[str, ...]
    official_metric: str | None
    submission: Submission | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    subtask: int | None = None
    generators: tuple[str, ...] | None = ()
    classes: int | None = None
    published: str | None = None


@dataclass(frozen=True)
class Edition:
    """One edition of a challenge: tasks by kind. image_size: pixels, None if not known; sources: where it says so.

    leaves, labels, metrics, official_metric and submission are those of the membership task.
    """

    name: str
    title: str
    year: int
    image_size: int | None
    sources: tuple[str, ...]
    tasks: Mapping[str, Task]

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


def edition_names(kind: str | None = None) -> tuple[str, ...]:
    """The names of all editions described here, sorted; kind: of those with such a task, say `membership`."""
    described = (entry.name for entry in files(__name__).iterdir())
    names = sorted(name.removesuffix(".yaml") for name in described if name.endswith(".yaml"))
    return tuple(name for name in names if kind is None or kind in load_edition(name).tasks)


def load_edition(name: str) -> Edition:
    """Read one edition by name, such as `imageclef2023`.

    Raises ValueError, with near names, if unknown, and with file and field where its descriptor is at fault.
    """
    known = edition_names()
    if name not in known:
        raise ValueError(_unknown("edition", name, known))
    text = files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    facts = yaml.safe_load(text)
    where = f"{name}.yaml"
    edition: Edition = _record(Edition, {"name": name, **_table(facts, where)}, where)
    tasks = {}
    for kind, told in _table(edition.tasks, f"{where}, tasks").items():
        if kind not in ROLES:
            raise ValueError(f"{where}, tasks: {_unknown('kind of task', kind, ROLES)}")
        tasks[kind] = _task(kind, told, f"{where}, tasks.{kind}")
    return _record(Edition, {**vars(edition), "tasks": MappingProxyType(tasks)}, where)


def _task(kind: str, told: Any, where: str) -> Task:
    facts = dict(_table(told, where))
    leaves = _table(facts.get("leaves"), f"{where}.leaves")
    if set(leaves) != set(ROLES[kind]):
        raise ValueError(f"{where}.leaves has {', '.join(leaves)}; it must have {', '.join(ROLES[kind])}.")
    facts["leaves"] = MappingProxyType(
        {role: _record(Leaf, leaf or {}, f"{where}.leaves.{role}") for role, leaf in leaves.items()}
    )
    facts["labels"] = MappingProxyType(dict(facts.get("labels") or {}))
    if facts.get("submission") is not None:
        facts["submission"] = _record(Submission, facts["submission"], f"{where}.submission")
    task: Task = _record(Task, facts, where)
    if task.official_metric is not None and task.official_metric not in task.metrics:
        raise ValueError(f"{where} ranks by {task.official_metric}, which is none of its metrics.")
    return task


def _record(kind: type, facts: Any, where: str) -> Any:
    """A dataclass from a table of facts; lists become tuples. ValueError for a field too many or too few."""
    known = {one.name: one for one in fields(kind)}
    for name in _table(facts, where):
        if name not in known:
            raise ValueError(f"{where}: {_unknown('field', name, known)}")
    for name, one in known.items():
        if name not in facts and one.default is MISSING and one.default_factory is MISSING:
            raise ValueError(f"{where}: the field {name} is missing; write null where nobody tells.")
    return kind(**{name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()})


def _table(facts: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(facts, Mapping):
        raise ValueError(f"{where} holds {facts!r}, where `name: value` lines were expected.")
    return facts


def _unknown(what: str, name: object, known: Any) -> str:
    near = get_close_matches(str(name), known, n=3, cutoff=0.5)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"There is no {what} {name!r}.{meant} There are: {', '.join(known)}."
