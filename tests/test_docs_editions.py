"""docs/editions.md: its descriptor is read as shown, its tables name every field and role, its list is printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import harness.editions.load
from harness.editions.edition import ROLES, Edition, Leaf, Submission, Task
from harness.editions.load import load_edition

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "editions.md").read_text(encoding="utf-8")


def test_the_descriptor_shown_is_read(tmp_path, monkeypatch):
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "myclef2031.yaml").write_text(block)
    monkeypatch.setattr(harness.editions.load, "files", lambda _: tmp_path)
    edition = load_edition("myclef2031")
    assert edition.membership.generators == ("model_a", "model_b")
    assert edition.leaves["dev_used"].ids(2) == ("used_0001", "used_0002")
    assert edition.leaves["test_candidates"] == Leaf()


def test_the_tables_name_every_field_role_and_kind():
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| .*?\|", PAGE, flags=re.MULTILINE))))
    for kind in (Edition, Task, Leaf, Submission):
        assert {field.name for field in fields(kind)} - {"name"} <= named
    assert set(ROLES) <= named
    for kind, roles in ROLES.items():
        assert f"| `{kind}` | {', '.join(f'`{role}`' for role in roles)} |" in PAGE


def test_the_table_shown_is_what_the_command_begins_with():
    (shown,) = re.findall(r"^```\n(edition .*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-m", "harness.editions"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[: shown.count("\n")] == shown.splitlines()
