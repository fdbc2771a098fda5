"""After how many steps of training a release began to show its members: what was measured, quoted where it applies.

The figures are those of `memorising.json`, which `python -m benchmarks.power.memorising --rule FILE` writes; none of
them is typed here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from harness.audit.folders import Material

FILE = Path(__file__).with_name("memorising.json")


@cache
def measured(file: Path = FILE) -> Mapping[str, Any]:
    """What the benchmark wrote."""
    found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def rule_of_thumb(material: Material, file: Path = FILE) -> str:
    """What phantoms say of so many members, or that nothing is known here; never that a release is safe."""
    rule = measured(file)
    points = rule["points"]
    members, least, most = len(material.members), points[0]["members"], points[-1]["members"]
    outside = {
        f"{members} members": not least <= members <= most,
        "several slices of one member": len(set(material.members.patient_ids)) < members,
        f"{material.release.size} pixels": material.release.size != rule["size"],
        f"{len(material.release)} released images": len(material.release) > rule["released"],
    }
    if any(outside.values()):
        here = " and ".join(what for what, is_so in outside.items() if is_so)
        return (
            "How long a generator may be trained before its release tells of members: nothing is known of that here. "
            f"What was measured ({least} to {most} members with one slice each, {rule['size']} pixels, up to "
            f"{rule['released']} released images) does not cover {here}."
        )
    below = max(one["members"] for one in points if one["members"] <= members)
    above = min(one["members"] for one in points if one["members"] >= members)
    told = "; ".join(_of_point(one, rule["batch"]) for one in points if one["members"] in (below, above))
    return (
        "Rule of thumb, and no all-clear: how long a generator may be trained before its release tells of members. "
        f"On phantoms, {rule['family']} from the base {rule['start']}, by {rule['released']} images: {told}. Seen "
        f"means that {' or '.join(rule['attacks'])} told members from others better than guessing, or that more "
        "images were called copies than by chance; what so few slices and uncalibrated attacks did not show may be "
        "there all the same. With another family, another start, other steps or real slices it may show sooner."
    )


def _of_point(point: Mapping[str, Any], batch: int) -> str:
    tried, shows = point["tried"], point["shows_from"]
    at = len(tried) - 1 if shows is None else tried.index(shows)
    best = max(point["auc"], key=lambda name: point["auc"][name][at])
    passes = [f"{steps * batch:.3g}" for steps in tried]
    figure = f"AUC of {best} {point['auc'][best][at]:.3g}"
    if shows is None:
        seen = f"nothing seen up to {passes[-1]} passes over them, the most tried ({figure})"
    elif at == 0:
        seen = f"seen at {passes[0]} passes over them, the fewest tried ({figure})"
    else:
        seen = f"first seen at {passes[at]} passes over them ({figure}), and not at {passes[at - 1]}"
    return f"with {point['members']} members {seen}"
