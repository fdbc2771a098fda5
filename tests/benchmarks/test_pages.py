"""Pages that commands write: blocks with a digest, their place, what of a command line a page may hold."""

from __future__ import annotations

import json

import pytest

from benchmarks import command, pages
from benchmarks.benchmark import Benchmark
from benchmarks.markdown import rows_as_markdown
from benchmarks.pages import Origin, markdown_table, other_tables, write_block, written_blocks
from benchmarks.rows import Row, SideFigures, at_most, skipped
from benchmarks.suite import __main__ as suite_command

TABLE = markdown_table("", ["figure", "value"], [["knn", "0.612"]])


def plain(measure=lambda options: [at_most("figure", 1.25, "s", 2.0)]) -> Benchmark:
    return Benchmark("speed", "plain", "about", measure, {}, "tiny")


def origin(*words: str, commit: str | None = "0123456789ab") -> Origin:
    return Origin("benchmarks.power.dial", words, "2026-01-02", commit)


@pytest.fixture
def page(tmp_path):
    return tmp_path / "figures.md"


def test_a_new_page_has_a_heading_date_commit_machine_command_and_table(page):
    write_block(page, origin("--repeats", "2"), TABLE)
    text = page.read_text()
    (block,) = written_blocks(text)
    assert text.startswith(
        "## benchmarks.power.dial\n\n<!-- written by: python -m benchmarks.power.dial --repeats 2; "
    )
    assert block.whole
    assert block.body.startswith("2026-01-02, commit 0123456, ")
    assert " cores, " in block.body
    assert "```sh\npython -m benchmarks.power.dial --repeats 2\n```\n" in block.body
    assert block.body.endswith(TABLE)


def test_the_same_command_writes_into_its_place_and_another_at_the_end(page):
    page.write_text("# Figures\n\nbefore\n")
    write_block(page, origin(), TABLE)
    write_block(page, origin("--full"), TABLE)
    page.write_text(
        page.read_text().replace("## benchmarks.power.dial\n", "## The dial\n\nin words\n", 1) + "\nafter\n"
    )
    write_block(page, origin(), TABLE.replace("612", "633"))
    text = page.read_text()
    first, second = written_blocks(text)
    assert "0.633" in first.body
    assert "0.612" in second.body
    for kept in ("# Figures\n\nbefore\n", "## The dial\n\nin words\n", "\nafter\n"):
        assert kept in text
    assert text.count("## benchmarks.power.dial") == 1


@pytest.mark.parametrize(
    ("old", "new"), [("0.612", "0.613"), ("commit 0123456", "commit 7654321"), ("dial; sha", "dial --full; sha")]
)
def test_an_edit_by_hand_is_seen(page, old, new):
    write_block(page, origin(), TABLE)
    text = page.read_text()
    assert old in text
    assert [one.whole for one in written_blocks(text)] == [True]
    assert [one.whole for one in written_blocks(text.replace(old, new))] == [False]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--json", "a.json", "--quick", "--markdown=b.md"], ["--quick"]),
        (["--store", "/home/me/store", "data.root=../slices"], ["--store", ".../store", "data.root=.../slices"]),
        (["runs/one", "~/runs/two", "--picture=/x/y.png"], ["runs/one", ".../two", "--picture=.../y.png"]),
    ],
)
def test_a_page_holds_no_place_of_the_machine(words, told):
    assert origin(*words).command == " ".join(["python -m benchmarks.power.dial", *told])


@pytest.mark.parametrize(
    ("commit", "told"), [(None, "no commit,"), ("ab" * 20, "abababa,"), ("ab" * 20 + "+", "abababa with changes,")]
)
def test_a_changed_clone_says_so(commit, told):
    assert told in origin(commit=commit).facts


def test_tables_outside_of_blocks_are_found_under_their_headings(page):
    page.write_text(
        "# One\n\n| a | b |\n|---|---|\n\n## Two\n\n```\nfigure  0.6\n```\n\n```sh\n# Three\n| no |\n```\n\n"
    )
    write_block(page, origin(), TABLE)
    assert other_tables(page.read_text()) == {"One": ["| a | b |\n|---|---|\n"], "Two": ["```\nfigure  0.6\n```"]}


def test_rows_are_told_with_sides_reasons_and_the_size_of_a_quick_run():
    sides = (SideFigures("ours", 1.0, 3.0, 1.0), SideFigures("peer", 2.0, 4.0, 2.0, apart=0.5))
    rows = [
        Row(
            "a | b", 1.0, "times", 3.0, False, sides=sides, detail={"limit": "memory"}, benchmark="benchmarks.speed.a"
        ),
        skipped("slices", "needs real slices"),
    ]
    text = rows_as_markdown(rows, None)
    assert "| a \\| b | 1.000 | times | 3 | no |\n" in text
    assert "| | peer | 2.000 | 4 | 2.000 | | 0.5 |\n" in text.replace("|  |", "| |")
    assert "a | b: memory.\n" in text
    assert "**all**\n\n" in text
    assert "| slices | skipped |  |  | needs real slices |\n" in text
    curve = rows_as_markdown([Row("ECE", 0.2, "fraction", detail={"each": [0.1, 0.3]}), Row("n", 1.0, "")], None)
    assert "| figure | value | unit | asked for | holds | each |\n" in curve
    assert "| ECE | 0.200 | fraction |  |  | 0.100 0.300 |\n| n | 1.000 |  |  |  |  |\n" in curve
    quick = rows_as_markdown([Row("a", 1.0, "s", 3.0, None)], "tiny")
    assert quick.startswith("Quick, tiny: no figure is judged.\n\n| figure |")
    assert "| a | 1.000 | s | 3 | quick |\n" in quick


def test_a_benchmark_writes_the_rows_of_its_json_and_the_commit_it_began_with(page, tmp_path, monkeypatch):
    commits = iter(["a" * 40, "b" * 40])
    monkeypatch.setattr(pages, "commit", lambda: next(commits))
    words = ["--json", str(tmp_path / "rows.json"), "--markdown", str(page)]
    assert command.run_one(plain(), words) == 0
    (row,) = json.loads((tmp_path / "rows.json").read_text())["rows"]
    (block,) = written_blocks(page.read_text())
    assert block.command == "python -m benchmarks.speed.plain"
    assert "commit aaaaaaa" in block.body
    assert f"| {row['name']} | {row['value']:.3f} | s | 2 | yes |\n" in block.body


def test_what_was_measured_before_a_failure_stands_on_the_page(page, monkeypatch):
    def fail(options):
        raise SystemExit("The run failed (1).")

    both = {"plain": plain(), "worse": plain(fail)}
    monkeypatch.setattr(command, "find_benchmarks", lambda kind: both)
    with pytest.raises(SystemExit, match="The run failed"):
        command.run_kind("speed", ["--markdown", str(page)])
    (block,) = written_blocks(page.read_text())
    assert "| figure | 1.250 |" in block.body


def test_the_suite_writes_such_a_block_too(page, monkeypatch):
    lines = suite_command.Lines("title", ["task"], [["dct-weak"]])
    monkeypatch.setattr(suite_command, "read_runs", lambda suite, runs: {})
    monkeypatch.setattr(suite_command, "tables", lambda suite, board, rates, **_: [lines])
    words = ["table", "phantom-64-mini", "runs", "--markdown", str(page)]
    assert suite_command.main(words) == 0
    (block,) = written_blocks(page.read_text())
    assert block.command == "python -m benchmarks.suite table phantom-64-mini runs"
    assert "**title**\n\n| task |\n| --- |\n| dct-weak |\n" in block.body
