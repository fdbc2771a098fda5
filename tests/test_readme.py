"""What the README promises: it is short, its attack works as pasted, its picture is small."""

from __future__ import annotations

import re
from pathlib import Path

from documented_code import code_blocks, pasted_attacks_conform

import attacks
from attacks.registry import find_attacks

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_person_reads_it_to_the_end():
    assert len(README.splitlines()) < 170
    headings = re.findall(r"^## (.*)$", README, re.MULTILINE)
    assert headings == ["Two commands", "What you get", "Add an attack in one file", "Where to go next"]


def test_the_attack_of_the_readme_works_as_pasted_in_one_file(tmp_path):
    """Run, and through the conformance tests, in a process whose package `attacks` has one file more."""
    done = pasted_attacks_conform(README, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[1-9]\d* passed", done.stdout)


def test_the_two_commands_are_those_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = code_blocks(README, "sh")[0].splitlines()
    assert [line.split()[:2] for line in commands] == [["make", "run"], ["make", "test"]]
    assert all(f"\n{line.split()[1]}: setup\n" in makefile for line in commands)
    (run,) = re.findall(r"^run: setup\n\t\$\(VENV\)/bin/(.*)$", makefile, re.MULTILINE)
    assert f"`{run}`" in commands[0]


def test_the_picture_is_a_small_png():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures == ["docs/report.png"]
    picture = (ROOT / pictures[0]).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 250_000


def test_every_built_in_attack_is_in_the_file_of_its_name():
    """`knn` and its calibrated kin `knn_reg`, ... in attacks/knn.py: whoever reads a table finds the code."""
    built_in = {name: cls for name, cls in find_attacks().by_name.items() if cls.__module__.startswith("attacks.")}
    for name, cls in built_in.items():
        file = cls.__module__.removeprefix("attacks.")
        assert (Path(attacks.__path__[0]) / f"{file}.py").exists()
        assert name.startswith(file), f"{name} is in attacks/{file}.py"
