"""`python -m harness.compare`: five forms, pictures, and mistakes as sentences."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from documented_code import code_blocks
from made_up_runs import write_run
from PIL import Image

from harness.compare.__main__ import BY, ON, main
from harness.compare.compared import LINE_COLUMNS
from harness.compare.pictures import DEEPEST, depths_of
from harness.report import svg

HOSTILE = "a$_&%|<b>\x1b[31m"


@pytest.fixture
def runs(tmp_path):
    for steps in (30, 60, 90):
        for seed in range(5):
            told = {"knn": 0.0, "ssim": 1.0, HOSTILE: 3.0}
            name = f"{steps}-{seed}"
            write_run(tmp_path / "runs" / name, told, seed, steps=steps, data_seed=steps)
    return tmp_path / "runs"


def test_the_terminal_has_100_columns_and_all_parts(runs, capsys):
    assert main([str(runs)]) == 0
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 100
    assert "\x1b[31m" not in printed
    for part in (
        "AUC [95 %]",
        "A table apart: data.seed is 60, not 30; shadow.steps is 60, not 30",
        "Who beats whom",
        "Friedman's test over 3",
    ):
        assert part in printed


def test_the_other_forms(runs, capsys):
    texts = {}
    for form in ("markdown", "csv", "latex", "html"):
        assert main([str(runs), "--format", form]) == 0
        texts[form] = capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(texts["csv"])))
    assert tuple(rows[0]) == LINE_COLUMNS
    assert len(rows) == 9
    assert [len(row["value"]) > 6 for row in rows] == [True] * 9, "full digits"
    assert "| rank | attack |" in texts["markdown"]
    assert r"\begin{tabular}{llrrr}" in texts["latex"]
    assert r"a\$\_\&\%\textbar{}" in texts["latex"]
    assert "|&lt;b&gt;" in texts["html"]
    assert "|<b>" not in texts["html"]
    assert texts["html"].count("<svg") >= 2
    assert "http" not in texts["html"].replace("http-equiv", "")


def test_pictures_are_png_and_svg(runs, tmp_path, capsys):
    assert main([str(runs), "--pictures", str(tmp_path / "pictures"), "--out", str(tmp_path / "table.md")]) == 0
    printed = capsys.readouterr().out
    assert f"Written: {tmp_path / 'table.md'}\n" in printed
    assert f"Written: {tmp_path / 'pictures' / 'heat-map-release.png'}\n" in printed
    assert main([str(runs), "--out", str(tmp_path / "table.md")]) == 0
    assert f"Written: {tmp_path / 'table.md'}, in place of what was there\n" in capsys.readouterr().out
    names = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert names == {f"{kind}-release.{ending}" for kind in ("heat-map", "mean-ranks") for ending in ("png", "svg")}
    with Image.open(tmp_path / "pictures" / "heat-map-release.png") as picture:
        assert min(picture.size) > 200
    (tmp_path / "pictures" / "heat-map-release.png").unlink()
    (tmp_path / "pictures" / "heat-map-release.png").symlink_to(tmp_path / "elsewhere")
    assert main([str(runs), "--pictures", str(tmp_path / "pictures")]) == 2
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "words", [["nowhere"], ["--metric", "auk"], ["--out", "runs/x.md"], ["--pictures", "runs/x"]]
)
def test_mistakes_are_sentences_and_write_nothing(runs, monkeypatch, capsys, words):
    monkeypatch.chdir(runs.parent)
    before = sorted(runs.parent.rglob("*"))
    assert main(["runs", *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert sorted(runs.parent.rglob("*")) == before


def test_the_python_of_the_page_runs(runs, monkeypatch, capsys):
    monkeypatch.chdir(runs.parent)
    page = Path(__file__).parents[3] / "docs" / "compare.md"
    (code,) = code_blocks(page.read_text(encoding="utf-8"), "python")
    named: dict[str, object] = {}
    exec(code, named)  # noqa: S102  # a page of ours
    assert len(capsys.readouterr().out.splitlines()) == len(named["frame"]) == 9


def test_help_imports_nothing_heavy():
    heavy = "[name for name in ('scipy', 'pandas', 'torch', 'matplotlib', 'yaml', 'pydantic') if name in sys.modules]"
    code = f"import sys, harness.compare, harness.compare.__main__; print({heavy})"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


def test_the_choices_are_those_of_the_library():
    from typing import get_args

    from harness.compare.compared import By
    from harness.evaluation.records import TargetSet

    assert (get_args(By), get_args(TargetSet)) == (BY, ON)


def test_colours_span_what_is_shown_and_text_stays_readable():
    values = np.array([[0.211, 0.227], [np.nan, 0.219]])
    depths = np.nan_to_num(depths_of(values, larger_is_better=False), nan=9)
    assert depths == pytest.approx(np.array([[1, 0], [9, 0.5]]))
    assert depths_of(values, larger_is_better=True)[0, 1] == 1
    assert np.all(depths_of(np.full((2, 1), 0.3), larger_is_better=True) == 0.5)
    style = (Path(svg.__file__).parent / "templates" / "page.css").read_text()
    for at in (0, 1):  # light, dark
        told = re.findall(r"--(ink|card|chosen): light-dark\((#\w+), (#\w+)\)", style)
        named = {name: _rgb(pair[at]) for name, *pair in told}
        deepest = DEEPEST * named["chosen"] + (1 - DEEPEST) * named["card"]
        for cell in (deepest, named["card"]):
            light, dark = sorted((_luminance(cell), _luminance(named["ink"])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5


def _rgb(text: str) -> np.ndarray:
    return np.array([int(text[at : at + 2], 16) for at in (1, 3, 5)]) / 255


def _luminance(rgb: np.ndarray) -> float:
    """Relative luminance, WCAG 2."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
