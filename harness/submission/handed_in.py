"""The runs that teams handed in: which file is which run, and what it answers."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from harness.errors import HarnessWarning, InputError
from harness.evaluation.metrics import Flags
from harness.submission.files import read_submission

HandedIn = tuple[str, str]  # a team and the number of its submission
_NAME = re.compile(r"(?P<team>.+?)[ _]submission ?(?P<number>\d+)(\.[A-Za-z]+)?")


def files_of(folder: Path, runs: Sequence[HandedIn]) -> dict[HandedIn, Path]:
    """The file of each run, by its name `TEAM_submissionN`; a run that no file or several may be is left out.

    `_` and a space count as one, so do small and capital letters. Where one team has no file and one name has no
    team, and their numbers are the same, they belong together: a remark says so. Raises InputError where there is no
    such folder.
    """
    if not folder.is_dir():
        raise InputError(f"The folder of runs {folder} is not there; give the folder with the files handed in.")
    by_name: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is not None and path.is_file():
            by_name[_plain(match["team"])][str(int(match["number"]))].append(path)
    named = {team: _plain(team) for team, _ in runs}
    named |= _left_over(named, runs, by_name)
    found = {}
    for team, number in runs:
        paths = by_name[named[team]][number] if named[team] in by_name else []
        if len(paths) == 1:
            found[team, number] = paths[0]
    return found


def answers_of(path: Path, ids: Sequence[str]) -> Flags:
    """Which candidates a run calls used, bool [n] in the order of ids. InputError where it is no submission."""
    return read_submission(path, ids).used


def called_used_of(path: Path, ids: Sequence[str]) -> int:
    """How many candidates a run calls used."""
    return int(answers_of(path, ids).sum())


def _left_over(
    named: dict[str, str], runs: Sequence[HandedIn], by_name: dict[str, dict[str, list[Path]]]
) -> dict[str, str]:
    """The one team without a file and the one name without a team, where their submissions are numbered alike."""
    teams = [team for team, name in named.items() if name not in by_name]
    names = sorted(set(by_name) - set(named.values()))
    if len(teams) != 1 or len(names) != 1:
        return {}
    numbers = {number for team, number in runs if team == teams[0]}
    if numbers != set(by_name[names[0]]):
        return {}
    text = f"The files {names[0]}_submission* are taken for the runs of {teams[0]}: no other team is without files"
    warnings.warn(HarnessWarning(f"{text}, no other files without a team."), stacklevel=3)
    return {teams[0]: names[0]}


def _plain(team: str) -> str:
    return team.replace("_", " ").casefold().strip()
