"""What a user may type, as typed dataclasses: Hydra composes and checks them, `config` hands them over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from attacks.plug_ins import offered
from attacks.registry import found_so_far
from harness.store.elsewhere import MIRRORED


@dataclass
class ShadowOptions:
    """Besides the options of the family: how many shadows are trained, and how many images each releases.

    count: shadows, in complementary pairs; None is 4, and 8 for an edition. n_images: that each releases; None is
    256, and as many as the test releases for an edition. match_steps: the recipe is tried with so many times its
    steps, and the one whose release is most like the test's is taken; None is half, as many and twice for an edition,
    else as many. match: families of which the same is tried, each with the numbers of the run's preset; None is the
    one family that `shadow` names.
    """

    count: int | None = None
    n_images: int | None = None
    match_steps: list[float] | None = None
    match: list[str] | None = None


@dataclass
class SurrogateOptions:
    """Diffusion models trained on releases, for model attacks on a target that gives none.

    use: whether there are any; None trains them for an edition, where an attack asks a model. steps: of training,
    None is the recipe's; family: of denoisers, None is that of the shadows, and dct where theirs is none. dev:
    whether a chosen attack that asks them is checked on dev, which costs as many trainings again.
    """

    use: bool | None = None
    family: str | None = None
    steps: int | None = None
    dev: bool = True


@dataclass
class StoreOptions:
    """Where artefacts are kept.

    root: the folder, for your eyes only; neither among the slices nor above or below `out`. verify: read every file
    anew, also those that were whole when they were last read, and compute the evaluation anew. lock: how two
    processes are kept from making the same thing: `flock` where all are on one machine, `file` between machines; auto
    is `file` on NFS, Lustre and whatever else is not known for this machine's own. mirror: a folder, or an address
    such as s3://BUCKET/FOLDER, that is looked into before anything is made, and given what was made; None has none.
    mirror_kinds: which kinds of artefacts go there; `pool` and `given` would be real slices and releases as they were
    read, and are not among them.
    """

    root: str = "store"
    verify: bool = False
    lock: str = "auto"
    mirror: str | None = None
    mirror_kinds: list[str] = field(default_factory=lambda: list(MIRRORED))


@dataclass
class ReportOptions:
    """What a report may show.

    pictures: of slices and released images; `phantom` shows those of phantoms alone, `all` those of any data.
    """

    pictures: str = "phantom"


# Our own progress and tables speak; Hydra's log files would litter the working folder.
QUIET: list[Any] = [{"override hydra/job_logging": "disabled"}, {"override hydra/hydra_logging": "disabled"}]


def hydra_node(command: str, header: str) -> dict[str, Any]:
    """Hydra's own settings for a command: it writes nothing, stays in its folder, and its help is ours."""
    return {
        "output_subdir": None,
        "run": {"dir": "."},
        "sweep": {"dir": "runs/multirun", "subdir": "."},
        "job": {"chdir": False},
        "help": {"app_name": command, "header": header},
    }


_DEFAULTS: list[Any] = [
    "_self_",
    {"data": "phantom"},
    {"shadow": "dct"},
    {"preset": "quick"},
    {"recipe": "${shadow}_${preset}"},
    {"launch": "local"},
    {"attack": ["knn"]},
    *QUIET,
]


@dataclass
class Options:
    """Everything `python -m harness.run` takes.

    attack: which attacks: a name, a list, or `all`, `release`, `references` and `model`, which stand for several;
    each has options of its own, such as attack.knn.k=5. data: where slices come from. shadow: the family of
    generators. preset: the size of the slices, and numbers that go with it: quick 64 px, small 128, gpu 256.
    launch: where jobs run. seed: of all that is drawn. device: what computes, `cuda:1` a certain GPU; auto takes a
    GPU where there is one. rule: by which an attack is chosen, on the shadows only. decision: when a slice is
    called used: `probability` above 0.5; `fixed_fpr` above the score that 10 % of the shadows' non-members exceed;
    `em_prior` above 0.5 once the unknown proportion is estimated (Saerens 2002); `top_half` the larger half;
    `real_real_max` and `real_real_q99` closer to a released image than two real slices are to each other (the
    winner's rule of 2023); `max_f1_on_shadows` above the score that has the largest F1 there. calibrator:
    probability calibration, a score to a probability: `platt`, or `isotonic` from 1,000 scores. out: the folder of
    the results; None makes one below runs/, named after the options. dry_run: print the plan, every key, what is
    cached, and do nothing.
    """

    defaults: list[Any] = field(default_factory=lambda: list(_DEFAULTS))
    attack: dict[str, Any] = field(default_factory=dict)
    data: Any = MISSING
    shadow: Any = MISSING
    launch: Any = MISSING
    surrogate: SurrogateOptions = field(default_factory=SurrogateOptions)
    store: StoreOptions = field(default_factory=StoreOptions)
    report: ReportOptions = field(default_factory=ReportOptions)
    preset: str = MISSING
    seed: int = 0
    device: str = "auto"
    rule: str = "best_calibrated"
    decision: str = "probability"
    calibrator: str = "platt"
    out: str | None = None
    dry_run: bool = False
    hydra: Any = field(default_factory=lambda: hydra_node("python -m harness.run", _header()))


_HELP = """Train shadow generators, attack what they release, calibrate, and apply the best-calibrated attack.

  python -m harness.run attack=knn                          the default: a challenge in miniature
  python -m harness.run attack=[knn,ssim,loss] attack.knn.k=5
  python -m harness.run attack=[release,references]         every attack of these accesses; attack=all
  python -m harness.run attack=all data=folder data.root=DIR data.per_patient=1
  python -m harness.run data=imageclef2023 data.root=DIR    the official test: writes submission.csv
  python -m harness.run dry_run=true                        the plan, without doing it
  python -m harness.run shadow=flow                         another family of generators, of preset=quick|small|gpu
  python -m harness.run shadow.leak=weak                    how much generators give away: faint, weak, medium, strong
  python -m harness.run shadow.start=nothing                from where they are trained: phantom-64, extra, a folder
"""


def _header() -> str:
    """The help, and the names of plug-ins: the list of attacks below it shows a plug-in's only where it is named."""
    points, _ = offered(found_so_far().built_in)
    return _HELP + (f"\nPlug-ins, imported where they are named: {', '.join(points)}\n" if points else "")
