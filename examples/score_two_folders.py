"""Score one attack on two folders of images: which candidates look as if the generator had been trained on them?

    python examples/score_two_folders.py CANDIDATES RELEASE --attack ssim > scores.csv

Candidates are real slices, the release is what the generator gave out; both lie directly in their folders.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from attacks.base import Access
from attacks.registry import find_attacks
from harness.errors import InputError
from harness.library import attack


def main() -> None:
    """Print `id,score`, best first: larger is more likely a member."""
    # An attack that learns, or that is given references or a model, needs more than two folders: `harness.run`.
    usable = [
        name for name, one in find_attacks().by_name.items() if one().needs is Access.RELEASE and not one().learns
    ]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("candidates", type=Path)
    parser.add_argument("release", type=Path)
    parser.add_argument("--attack", choices=usable, default="knn")
    parser.add_argument("--size", type=int, default=64, help="working size, pixels (default %(default)s)")
    given = parser.parse_args()
    try:
        table = attack(given.candidates, given.release, names=[given.attack], size=given.size)
    except InputError as error:
        parser.error(str(error))
    print("id,score")
    for score, name in sorted(zip(table[given.attack], table.ids, strict=True), key=lambda row: (-row[0], row[1])):
        print(f"{name},{score:.6f}")


if __name__ == "__main__":
    main()
