"""What two runs of the same options have differently: of their files, their results, and what made them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from harness.bounded import read_bytes
from harness.finished.manifest_shape import Manifest
from harness.finished.reading import RESULTS, SCORES
from harness.places import shown
from harness.run.recorded import SUBMISSION

_MOST_BYTES = 256_000_000
_SECONDS = "seconds"  # of a record: how long its attack took, which no two runs share
COMPARED = (RESULTS, SCORES, SUBMISSION)


class Side(NamedTuple):
    """A fact of how a run was made: what, then and now; decides: whether results may hang on its being another."""

    what: str
    then: str
    now: str
    decides: bool = True

    @property
    def same(self) -> bool:
        """Whether it is the same."""
        return self.then == self.now


def read_compared(folder: Path) -> dict[str, bytes]:
    """The files of a run that are held against another's, by name; those that are not there are left out."""
    return {
        name: read_bytes(folder / name, _MOST_BYTES, "The file", links=False)
        for name in COMPARED
        if (folder / name).exists()
    }


def differing_files(then: Mapping[str, bytes], now: Mapping[str, bytes]) -> dict[str, list[str]]:
    """By file, what of it is not the same, in words: nothing for one that is the same byte for byte.

    `results.json` is the same where its bytes are but for the seconds that attacks took.
    """
    return {name: list(_differing(name, then.get(name), now.get(name))) for name in COMPARED}


def _differing(name: str, then: bytes | None, now: bytes | None) -> Iterator[str]:
    if then == now:
        return
    if then is None or now is None:
        yield "only one run has it"
    elif name == RESULTS:
        yield from _of_results(_timeless(then), _timeless(now))
    else:
        lines = [set(text.splitlines()) for text in (then, now)]
        yield f"{len(lines[1] - lines[0])} of {len(now.splitlines())} lines differ"


def _timeless(text: bytes) -> Any:
    """The results without the seconds, in their order, numbers as they are written."""
    found = json.loads(text, parse_float=str, parse_int=str)
    for record in found.get("records", []):
        record.pop(_SECONDS, None)
    return found


def timeless_results(text: bytes) -> bytes:
    """`results.json` as bytes without the seconds that attacks took."""
    return json.dumps(_timeless(text)).encode()


def _of_results(then: Any, now: Any) -> Iterator[str]:
    for name in dict.fromkeys([*then, *now]):
        one, other = then.get(name), now.get(name)
        if one == other:
            continue
        if name == "records":
            yield from _of_records(one or [], other or [])
        else:
            yield f"{name}{_below(one, other)}"
    if list(then) != list(now) and all(then.get(name) == now.get(name) for name in {*then, *now}):
        yield "the order of its parts"


def _of_records(then: Sequence[Any], now: Sequence[Any]) -> Iterator[str]:
    one, other = ({_row(record): record for record in records} for records in (then, now))
    for row in dict.fromkeys([*one, *other]):
        if row not in one or row not in other:
            yield f"the row {row}: only one run has it"
        elif one[row] != other[row]:
            yield f"the row {row}{_below(one[row], other[row])}"
    if [_row(record) for record in then] != [_row(record) for record in now]:
        yield "the order of its rows"


def _row(record: Any) -> str:
    return " ".join(shown(str(record.get(name))) for name in ("attack", "via", "target_set"))


def _below(one: Any, other: Any) -> str:
    """In which of its parts two mappings differ."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return ""
    parts = [shown(str(name)) for name in dict.fromkeys([*one, *other]) if one.get(name) != other.get(name)]
    return f" ({', '.join(parts)})"


def sides(then: Manifest, now: Manifest) -> list[Side]:
    """How a run was made, beside another: source, versions, machine, and every key."""
    found = [
        Side("source", then.source, now.source),
        Side("commit", then.commit or "none", now.commit or "none", decides=False),
    ]
    names = dict.fromkeys([*then.versions, *now.versions])
    found += [Side(name, then.versions.get(name, "none"), now.versions.get(name, "none")) for name in names]
    machines = asdict(then.hardware), asdict(now.hardware)
    for name in machines[0]:
        one, other = ("none" if side[name] is None else str(side[name]) for side in machines)
        found.append(Side(name, one, other, decides=name != "cores"))
    return found


def key_sides(then: Manifest, now: Manifest) -> list[Side]:
    """The keys of pool, base, generators and releases, beside another run's."""
    bases = [None if one.base is None else one.base.generator for one in (then, now)]
    found = [Side("pool", then.pool, now.pool), Side("base", bases[0] or "none", bases[1] or "none")]
    mine, others = ({one.name: one for one in facts.generators} for facts in (then, now))
    for name in dict.fromkeys([*mine, *others]):
        one, other = mine.get(name), others.get(name)
        for what, part in (("", "generator"), (", release", "release"), (", seed", "seed")):
            values = ["none" if side is None else str(getattr(side, part)) for side in (one, other)]
            found.append(Side(f"{name}{what}", values[0], values[1]))
    return found
