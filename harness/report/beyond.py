"""What lies above single slices, in sentences."""

from __future__ import annotations

from harness.evaluation.beyond import Beyond
from harness.evaluation.estimate_text import estimate_text, number

_UNLIKELY = 0.05


def beyond_told(beyond: Beyond | None) -> list[str]:
    """What the chosen attack says of the whole test and of epsilon, and what is said of the shadows' sets."""
    if beyond is None:  # a run of an older version
        return []
    told, bound, sets = [], beyond.empirical_epsilon, beyond.set_level
    if beyond.fraction_used is not None and beyond.fraction_used.value is not None:
        fraction = estimate_text(beyond.fraction_used)
        told.append(f"By these decisions and the shadows' rates {fraction} of the candidates were used.")
    if bound is not None:
        told.append(
            f"Of its {bound.guesses} surest guesses about the shadows' patients {bound.right} are right: epsilon is "
            f"at least {number(bound.epsilon, 2)} (95 %, approximate, for halves are no coin throws)."
        )
    own, wrong = (sum(p <= _UNLIKELY for p in some) for some in (sets.own, sets.wrong))
    told.append(
        f"As a set, members are nearer to their shadow's release than non-members for {own} of {len(sets.own)} "
        f"shadows (p <= {_UNLIKELY}), and to another's for {wrong} of {len(sets.wrong)}."
    )
    return told
