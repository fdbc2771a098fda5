"""What lies above single slices, in sentences."""

from __future__ import annotations

from harness.evaluation.beyond import Beyond
from harness.evaluation.estimate_text import estimate_text, number

_UNLIKELY = 0.05


def beyond_told(beyond: Beyond | None) -> list[str]:
    """What the chosen attack says of the whole test, what picked ones say of epsilon, and the shadows' sets."""
    if beyond is None:  # a run of an older version
        return []
    told, bound, sets = [], beyond.empirical_epsilon, beyond.set_level
    fraction = beyond.fraction_used
    if fraction is not None and fraction.value is not None:
        told.append(
            f"By these decisions and the shadows' rates {estimate_text(fraction)} of the candidates were used."
        )
    elif fraction is not None:
        told.append(f"How many of the candidates were used cannot be told by these decisions ({fraction.note}).")
    if bound is not None:
        few = "so few guesses bound nothing" if bound.right == bound.guesses else "which bounds nothing"
        nothing = f": {few}" if bound.epsilon <= 0 else ""
        told.append(
            f"Of the {bound.guesses} surest guesses about the shadows' patients {bound.right} are right: epsilon is "
            f"at least {number(bound.epsilon, 2)} (95 %, approximate, for halves are no coin throws){nothing}."
        )
    own, wrong = ([p for p in some if p is not None] for some in (sets.own, sets.wrong))
    if own:
        told.append(
            f"As a set, members are nearer to their shadow's release than non-members for {_unlikely(own)} of "
            f"{len(own)} shadows (p <= {_UNLIKELY}), and to another's for {_unlikely(wrong)} of {len(wrong)}."
        )
    return told


def _unlikely(p_values: list[float]) -> int:
    return sum(p <= _UNLIKELY for p in p_values)
