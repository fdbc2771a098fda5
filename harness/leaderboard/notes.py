"""The sentences below the published table, and the table put together."""

from __future__ import annotations

from collections.abc import Sequence

from harness.editions.published import Published, PublishedRow
from harness.evaluation.trivial import N_COINS
from harness.leaderboard.published_counts import DIGITS, fitting_true_positives
from harness.leaderboard.standings import (
    CHANCE_LEVEL,
    Standing,
    Standings,
    chance_line,
    merged,
    needed_right,
    official_rows,
    trivial_rows,
)


def standings(published: Published, own: Sequence[Standing] = (), remarks: Sequence[str] = ()) -> Standings:
    """The table of an edition. own: rows of kind `own` or `other`; remarks: sentences on them."""
    official = official_rows(published)
    same = [row for row in own if row.kind == "own"]
    n = published.n_candidates
    return Standings(
        edition=published.edition,
        title=f"{published.title}: the published table",
        ranked=merged(official, [*trivial_rows(published), *same]),
        chance=[chance_line(n, 1), chance_line(n, len(official))],
        other=[row for row in own if row.kind == "other"],
        notes=[
            f"{n} candidates, {published.n_used} of them used. F1 is cut to {DIGITS} digits, not rounded, in every "
            "row, as the organisers did. Only rank and F1 are theirs; the other columns follow from F1 and from how "
            "many candidates a run calls used.",
            *_blank_notes(published, official),
            _chance_note(n, official),
            "95 %: of F1, over resampled candidates, each drawn alone: no patient is known here, and slices of one "
            f"patient would make it wider. coin: means of {N_COINS:,} throws, and the interval of a single throw.",
        ],
        remarks=remarks,
    )


def _blank_notes(published: Published, official: Sequence[Standing]) -> list[str]:
    """How many rows have counts, and for what reason others have none."""
    known = sum(row.counts is not None for row in official)
    notes = [f"Counts follow exactly for {known} of the {len(official)} rows."]
    reasons: dict[str, dict[str, list[str]]] = {}
    for row, standing in zip(published.rows, official, strict=True):
        if standing.counts is None:
            reasons.setdefault(_reason(row, published), {}).setdefault(row.team, []).append(row.submission)
    for reason, teams in reasons.items():
        named = [f"{team} {', '.join(runs)}" for team, runs in teams.items()]
        notes.append(f"{reason}: {'; '.join(named)}.")
    return [" ".join(notes)]


def _reason(row: PublishedRow, published: Published) -> str:
    if row.called_used is None:
        return "Their runs cannot be told, so they are blank"
    fitting = fitting_true_positives(row.f1, row.called_used, published.n_candidates, published.n_used)
    if fitting:
        return "More than one count fits these, so they are blank"
    return "No count at all gives the F1 of these with the run handed in under their name, so they are blank"


def _chance_note(n: int, official: Sequence[Standing]) -> str:
    """Both lines in whole candidates, and who reaches them."""
    n_runs = len(official)
    one, all_of_them = (needed_right(n, CHANCE_LEVEL / runs) for runs in (1, n_runs))
    right = {f"{row.team} {row.submission}": row.counts.tp + row.counts.tn for row in official if row.counts}
    beyond = [name for name, count in right.items() if count >= all_of_them]
    single = [name for name, count in right.items() if one <= count < all_of_them]
    return (
        f"Chance: a coin has {one} of {n} right or more with p < {CHANCE_LEVEL:g}, one-sided; with {n_runs} runs "
        f"looked at it takes {all_of_them} (Bonferroni). Reached by {', '.join(beyond) or 'no row'}; "
        f"{', '.join(single) or 'no other row'} only by the measure of a single run."
    )
