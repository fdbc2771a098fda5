"""docs/install.md shows what there is: extras, commands, and the parts that the doctor looks at."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from harness.doctor.__main__ import main

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


def test_extras_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    shown = re.findall(r"^\| `(\w+)` \| .* \|$", PAGE.partition("## Completion")[0], re.MULTILINE)
    assert sorted(shown) == sorted(project["optional-dependencies"])


def test_what_is_shown_has_the_shape_of_what_is_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    parts = ("packages", "machine", "devices", "disk", "extras")
    printed = capsys.readouterr().out.splitlines()
    (shown,) = re.findall(r"^```\n(packages\n.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    for lines in (printed, shown.splitlines()):
        assert [line for line in lines if line in parts] == list(parts)
        assert all(len(line) <= 100 for line in lines)
        subjects = {line.split()[1] for line in lines if line.startswith(("ok", "note"))}
        assert {"python", "needed", "cores", "memory", "device=auto", "cpu", "store", "locks", "kernels"} <= subjects
    assert printed[-1] == shown.splitlines()[-1]
