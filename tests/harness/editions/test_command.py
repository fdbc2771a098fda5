"""`python -m harness.editions`: every edition, task, folder, count and command, at 100 columns."""

from __future__ import annotations

import pytest

from harness.attribution import __main__ as attribution
from harness.editions import __main__ as editions
from harness.editions.load import edition_names, load_edition


@pytest.fixture
def shown(capsys, monkeypatch):
    """`shown("imageclef2023")` runs the command; returns exit code, the lines of stdout, and stderr."""
    monkeypatch.delenv("COLUMNS", raising=False)  # pytest-xdist sets it to 80; a pipe gets 100

    def call(*arguments: str) -> tuple[int, list[str], str]:
        code = editions.main(arguments)
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err

    return call


def test_all_editions_with_task_metric_folders_counts_and_commands(shown):
    code, lines, _ = shown()
    assert code == 0
    assert max(map(len, lines)) <= 100
    assert lines[0].split() == ["edition", "task", "official", "metric", "folder", "images"]
    rows = [line.split() for line in lines]
    assert ["imageclef2023", "membership", "f1", "generated", "500"] in rows
    assert ["generated_1", "10,000"] in rows
    assert ["imageclef2025", "membership", "(subtask", "1)", "kappa", "generated", "5,000"] in rows
    assert ["generated", "2,000"] in rows
    assert ["attribution", "(subtask", "2)", "accuracy", "real", "?"] in rows
    assert ["fingerprints", "(subtask", "2)", "?", "?", "?"] in rows
    assert ["imageclef2026", "audit", "(subtask", "3)", "?", "?", "?"] in rows
    assert "  python -m harness.run data=imageclef2023 data.root=DIR" in lines
    after = lines[lines.index("  python -m harness.run data=imageclef2024 data.root=DIR \\") + 1]
    assert after.split() == ["data.folders.test_generated=NAME", "data.folders.test_candidates=NAME"]


@pytest.mark.parametrize("name", edition_names())
def test_the_layout_of_one_names_every_role_and_source(shown, name):
    code, lines, _ = shown(name)
    text = "\n".join(lines)
    edition = load_edition(name)
    assert code == 0
    assert lines[0].startswith(edition.title)
    for task in edition.tasks.values():
        assert task.title in text
        for role in task.leaves:
            assert any(line.split()[:1] == [role] for line in lines)
    assert all(source in text for source in edition.sources)


def test_the_layout_of_2023(shown):
    _, lines, _ = shown("imageclef2023")
    assert any("real_unknown_1 (else real_all)" in line and line.endswith("200") for line in lines)
    assert any("generated_00001 to generated_10000" in line for line in lines)
    assert "  metrics: f1, accuracy, recall; official: f1" in lines
    assert any("<id>,<score>, score 0 (not_used) or 1 (used), every id once, no header" in line for line in lines)
    assert max(map(len, lines)) <= 100


def test_an_unknown_edition_is_answered_with_near_names(shown):
    code, _, err = shown("imageclef1999")
    assert code == 2
    assert "There is no edition 'imageclef1999'. Did you mean" in err


@pytest.mark.parametrize("kind", ["attribution", "fingerprints"])
def test_commands_shown_take_the_options_shown(kind):
    """The parser of the command knows what is printed here."""
    words = editions._COMMANDS[kind].split()[3:]
    options = attribution._parser().parse_args([word for word in words if word != "..."])
    assert str(options.images) == "DIR"
