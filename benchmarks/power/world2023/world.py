"""`phantom-2023`: worlds made for the published winner of 2023 to do what it did. Frozen.

200 candidates of 200 phantom patients, one slice each, 100 of them members; 80 + 80 more in dev; more members of whom
nobody asks, for the organisers' were a sample of theirs; 500 and 10,000 released images. 32 px, for cores: copies
clean enough for the rule take some 220 passes over every member.

How long the target is trained on how many members was set by the winner's rule alone, on phantoms of other seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.power.challenges import ATTACKS

NAME, VERSION = "phantom-2023", 1
SEEDS = (2301, 2302, 2303, 2304, 2305)
"""Of the phantoms, of who is used, and of the target: a world each."""
_MORE, _ASKED = 140, 2 * (80 + 100)
MAKE = (
    "data=phantom",
    "data.slices=1",
    "data.size=32",
    f"data.patients={_ASKED + _MORE}",
    "dev.patients=80",
    "dev.n_images=500",
    "test.patients=100",
    "test.n_images=10000",
    f"more_members={_MORE}",
    "target.start=nothing",
    "target.whitening=0",
    "target.channels=[16,16]",
    "target.overview=512",
    "target.closeup=16",
    "target.batch=64",
    "target.steps=1100",
    "target.ema_decay=0.995",
    "target.sampler=dpm++",
)
NEAR = (
    "data.size=32",
    "shadow.start=nothing",
    "shadow.whitening=0.2",
    "shadow.channels=[16,16]",
    "shadow.overview=384",
    "shadow.closeup=16",
    "shadow.batch=64",
    "shadow.steps=600",
    "shadow.ema_decay=0.995",
    "shadow.match_steps=[1]",
    f"attack=[{ATTACKS}]",
)
"""A recipe near the target's: its family, widths, batch and rate, and nearly its passes over each member (213, not
220). Whitening, overview and sampler are others, and nothing is matched."""
PARTICIPANTS: Mapping[str, Sequence[str]] = {"near": NEAR, "default": ("data.size=32", f"attack=[{ATTACKS}]")}
"""What a participant types. `default`: no word about the shadows, so that they have the harness's own recipe, with
the steps of three that make a release most like the test's."""
SLICES: Mapping[int, str] = {
    2301: "6790117d8daef5f3b93c8714baedd81c",
    2302: "c9fe801fbd2da03339163ebc72e8b753",
    2303: "f764d048347e6900e546a5d72c0d8021",
    2304: "87110b5a95a69f6cf5318478929b0758",
    2305: "c8f7a1474fc2545a76a1bd1da5d3e743",
}
"""What `challenge.json` says of the slices handed out, by seed: how a user knows that it is the same world.
Of a seed that is not here nothing is compared."""


def make_words(seed: int) -> tuple[str, ...]:
    """Options of `harness.challenge make` for the world of a seed."""
    return (*MAKE, f"data.seed={seed}")
