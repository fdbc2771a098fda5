"""What docs/adding-an-attack.md shows works as pasted."""

from __future__ import annotations

import re
from pathlib import Path

from documented_code import code_blocks, file_names, pasted_attacks_conform

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-an-attack.md").read_text(encoding="utf-8")


def test_attacks_of_the_page_conform(tmp_path):
    done = pasted_attacks_conform(PAGE, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = int(re.search(r"(\d+) passed", done.stdout)[1])
    assert passed > 15 * len(code_blocks(PAGE, "python"))


def test_each_block_is_a_file_of_the_name_it_registers():
    for name, code in zip(file_names(PAGE), code_blocks(PAGE, "python"), strict=True):
        assert f'@register("{name}")' in code


def test_the_package_shown_is_the_example():
    assert code_blocks(PAGE, "toml") == [(ROOT / "tests" / "example_attack" / "pyproject.toml").read_text()]


def test_commands_name_attacks_of_the_page_or_of_the_example():
    known = {"knn", "edges", *re.findall(r'@register\("(\w+)"\)', "".join(code_blocks(PAGE, "python")))}
    commands = "".join(code_blocks(PAGE, "sh"))
    asked = re.findall(r"--attack (\w+)", commands) + re.findall(r"attack=\[(.*?)\]", commands)
    assert asked
    assert {name for names in asked for name in names.split(",")} <= known


def test_links_of_the_page_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
