"""What a suite is, and its file: a YAML in `benchmarks/suites`, whose types are checked as it is read (pydantic)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt, StrictStr, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from harness.bounded import yaml_of
from harness.editions.edition import STRICT, Count, Fixed, Names
from harness.errors import InputError, unknown_name

_SUITES = Path(__file__).parent.parent / "suites"
_FOLDER = "{folder}"  # in the options of a pool: the user's
Auc = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=STRICT)
class SuiteFacts:
    """`suite.json`, beside a run of a suite: of which task it is.

    suite: its name. version: of the suite. task: its name. options: a hash of all that the task asks for. pool: the
    key of the pool that the run was made of.
    """

    suite: str
    version: int
    task: str
    options: str
    pool: str


@dataclass(frozen=True, config=STRICT)
class Pool:
    """Slices. options: of `harness.run`; digest: the pool's key, None only where the slices are a user's."""

    options: Names
    digest: StrictStr | None

    @property
    def asks_folder(self) -> bool:
        """Whether the slices are a user's."""
        return any(_FOLDER in option for option in self.options)


@dataclass(frozen=True, config=STRICT)
class Task:
    """Generators of one family, made in one way from one pool.

    options: of `harness.run`; core_seconds, mib: of a generator and its release, as they were measured (seconds of a
    GPU where the suite asks for one).
    """

    pool: StrictStr
    family: StrictStr
    level: StrictStr
    options: Names
    core_seconds: Annotated[float, Field(gt=0)]
    mib: Annotated[float, Field(gt=0)]


@dataclass(frozen=True, config=STRICT)
class Suite:
    """Tasks that belong together. levels: how much is given away, ascending, each as the AUC that plain `knn` has.

    attacks: what meets every task, as `attack=` takes it; options: of every task; trainings: generators a task; gpu:
    whether it is too much for a CPU.
    """

    name: StrictStr
    version: StrictInt
    title: StrictStr
    about: StrictStr
    attacks: StrictStr
    levels: Fixed[tuple[Auc, Auc]]
    trainings: Count
    options: Names
    pools: Fixed[Pool]
    tasks: Fixed[Task]
    gpu: StrictBool = False

    def words(self, name: str, folder: str | None) -> list[str]:
        """The options of a task for `harness.run`, attacks left out.

        InputError for a folder that is wanted and not given, or given and not wanted.
        """
        task = self.tasks[name]
        pool = self.pools[task.pool]
        if pool.asks_folder and folder is None:
            raise InputError(f"The suite {self.name} is one of your own slices: give --folder DIR.")
        if folder is not None and not pool.asks_folder:
            raise InputError(f"The suite {self.name} has slices of its own; leave --folder away.")
        of_pool = [option.replace(_FOLDER, folder or "") for option in pool.options]
        return [*of_pool, *self.options, f"shadow={task.family}", *task.options]

    def about_task(self, name: str) -> dict[str, Any]:
        """What says that two results are of one task: options in full, whatever the version says."""
        folder = _FOLDER if self.pools[self.tasks[name].pool].asks_folder else None
        options = json.dumps([self.words(name, folder), self.trainings])
        digest = hashlib.sha256(options.encode()).hexdigest()[:16]
        return {"suite": self.name, "version": self.version, "task": name, "options": digest}

    def named(self, names: list[str] | None) -> list[str]:
        """These tasks, or all. InputError for one that is none."""
        for name in names or []:
            if name not in self.tasks:
                raise InputError(unknown_name("task", name, tuple(self.tasks)))
        return [*self.tasks] if names is None else names


def suite_names() -> tuple[str, ...]:
    """All suites described here, sorted."""
    names = (entry.name for entry in _SUITES.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def load_suite(name: str) -> Suite:
    """Read one suite. InputError, with near names, if unknown; ValueError where its file is at fault."""
    if name not in suite_names():
        raise InputError(unknown_name("suite", name, suite_names()))
    called = f"{name}.yaml"
    return described(name, (_SUITES / called).read_text(encoding="utf-8"), called)


def described(name: str, text: str, called: str) -> Suite:
    """The suite that a file's text describes; ValueError, one sentence, where it is at fault."""
    facts = yaml_of(text, called)
    if not isinstance(facts, Mapping):
        raise ValueError(f"{called} holds {facts!r:.80}, where `name: value` lines were expected.")
    try:
        suite = TypeAdapter(Suite).validate_python({"name": name, **facts})
    except ValidationError as error:
        fault = error.errors()[0]
        raise ValueError(f"{called}, {'.'.join(map(str, fault['loc']))}: {fault['msg']}.") from error
    for title, pool in suite.pools.items():
        if (pool.digest is None) != pool.asks_folder:
            raise ValueError(
                f"{called}, pools.{title}: digest must be the pool's key, and null where the slices are a user's."
            )
    for title, task in suite.tasks.items():
        if task.pool not in suite.pools:
            raise ValueError(f"{called}, tasks.{title}: {unknown_name('pool', task.pool, tuple(suite.pools))}")
        if task.level not in suite.levels:
            raise ValueError(f"{called}, tasks.{title}: {unknown_name('level', task.level, tuple(suite.levels))}")
    return suite
