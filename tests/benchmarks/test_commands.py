"""The commands of benchmarks: what they list, run, skip, refuse and write, and the code they leave with."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from shapes import has_shape

import benchmarks.speed
from benchmarks import command
from benchmarks.__main__ import main
from benchmarks.benchmark import KINDS, LUNG_SLICES, OVERRIDE, Benchmark, Option
from benchmarks.find import all_benchmarks, find_benchmarks
from benchmarks.rows import Row, at_least, at_most, skipped

ROOT = Path(benchmarks.__path__[0])
N_FIELDS = {"name", "value", "unit", "reach", "holds", "peer", "detail", "skipped", "benchmark", "sides"}


def fake(name: str, value: float = 1.0, **fields) -> Benchmark:
    """A benchmark with one figure, at most 2, whose detail is what it was told."""

    def measure(options):
        told = {key: str(one) if isinstance(one, Path) else one for key, one in vars(options).items()}
        return [at_most("figure", value, "s", 2.0, **told)]

    return Benchmark("speed", name, f"about {name}", measure, **({"quick": {}, "quick_about": "tiny"} | fields))


@pytest.fixture
def fakes(monkeypatch) -> dict[str, Benchmark]:
    """Three benchmarks in place of those of speed: one that takes nothing, one that takes options, one with needs."""
    size = Option("--size", 10, {"type": int})
    quick, full = ({"size": n, "override": [f"steps={n - 2}"]} for n in (3, 99))
    three = (
        fake("plain"),
        fake("sized", options=(size, replace(OVERRIDE, default=["steps=4"])), quick=quick, full=full),
        fake("slices", options=(LUNG_SLICES,), needs=(LUNG_SLICES,)),
    )
    found = {one.name: one for one in three}
    monkeypatch.setattr(command, "find_benchmarks", lambda kind: found)
    return found


@pytest.fixture
def run(fakes, tmp_path):
    """Runs `python -m benchmarks.speed WORDS --json FILE` in this process: (exit code, what the file holds)."""

    def run(*words: str) -> tuple[int, dict]:
        file = tmp_path / "rows.json"
        code = command.run_kind("speed", [*words, "--json", str(file)])
        return code, json.loads(file.read_text()) if file.exists() else {}

    return run


def run_as_main(module: str) -> None:
    """As `python -m MODULE` does, by the source: runpy asks pytest's own loader, which gives it no code."""
    spec = find_spec(module)
    origin = Path(spec.origin)
    if origin.name == "__init__.py":
        origin = origin.with_name("__main__.py")
    exec(compile(origin.read_text(), str(origin), "exec"), {"__name__": "__main__", "__file__": str(origin)})  # noqa: S102


def names(found: dict) -> list[str]:
    return [row["benchmark"].rpartition(".")[2] for row in found["rows"]]


def test_the_list_names_every_module_of_each_kind(capsys):
    """Read from the folders, so that a new file is listed or this fails."""
    there = {
        (path.stem, kind)
        for kind in KINDS
        for path in (ROOT / kind).iterdir()
        if path.stem.strip("_") == path.stem and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }
    assert len(there) > 50
    assert main([]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert {(line[0], line[1]) for line in lines if len(line) > 1} >= there
    assert {(one.name, one.kind) for one in all_benchmarks()} == there


@pytest.mark.parametrize(
    "content", ["", "from benchmarks.speed.intervals import BENCHMARK\n", "BENCHMARK = 'newcomer'\n"]
)
def test_a_module_that_holds_no_benchmark_of_its_name_is_named(content, monkeypatch, tmp_path):
    (tmp_path / "newcomer.py").write_text(content)
    monkeypatch.setattr(benchmarks.speed, "__path__", [*benchmarks.speed.__path__, str(tmp_path)])
    with pytest.raises(TypeError, match=r"benchmarks\.speed\.newcomer is no benchmark; give it BENCHMARK"):
        find_benchmarks("speed")
    sys.modules.pop("benchmarks.speed.newcomer", None)


def test_the_list_waits_for_no_network_library():
    script = (
        "import sys; from benchmarks.__main__ import main; main([]); print({'torch', 'diffusers'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize("one", all_benchmarks(), ids=lambda one: one.module)
def test_what_quick_says_are_options_of_the_benchmark(one):
    assert set(one.quick) | set(one.full) <= {option.name for option in one.options}
    assert OVERRIDE.name in one.quick or not any(o.default for o in one.options if o.name == OVERRIDE.name)
    assert all(need in one.options for need in one.needs)
    assert one.quick
    assert one.quick_about


def test_one_option_means_the_same_in_all_benchmarks():
    """The command of a kind takes each but once."""
    by_flag: dict[str, set[str]] = {}
    for one in all_benchmarks():
        for option in one.options:
            by_flag.setdefault(option.flag, set()).add(repr(option.how))
    assert {flag for flag, hows in by_flag.items() if len(hows) > 1} == set()


@pytest.mark.parametrize(
    ("words", "ran"),
    [
        ([], ["plain", "sized", "slices"]),
        (["--only", "sized"], ["sized"]),
        (["--only", "slices", "plain"], ["plain", "slices"]),
        (["--only", "slices", "--only", "plain"], ["plain", "slices"]),
    ],
)
def test_only_runs_the_benchmarks_named(run, words, ran, tmp_path):
    (tmp_path / "slices").mkdir()
    code, found = run(*words, *(["--lung-slices", str(tmp_path / "slices")] if "slices" in ran else []))
    assert (code, names(found)) == (0, ran)


def test_an_unknown_name_gets_the_near_ones_and_code_2(run, capsys):
    code, found = run("--only", "plane", "sized")
    assert (code, found) == (2, {})
    assert "no benchmark of speed 'plane'. Did you mean plain?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "plain", "--size", "3"], "--size is of no use to plain"),
        (["--only", "plain", "shadow.steps=3"], "shadow.steps=3 is of no use to plain"),
        (["--only", "launch.workers=1"], "--only names no benchmark"),
        (["--lung-slices", "nowhere"], "--lung-slices nowhere is no folder"),
    ],
)
def test_options_that_help_nobody_are_refused(run, words, said, capsys):
    code, found = run(*words)
    assert (code, found) == (2, {})
    assert said in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told_before_the_work(fakes, tmp_path, capsys):
    assert command.run_kind("speed", ["--only", "plain", "--json", str(tmp_path / "none" / "rows.json")]) == 2
    said = capsys.readouterr()
    assert "there is no folder" in said.err
    assert "figure" not in said.out


def test_what_lacks_something_is_skipped_with_the_reason(run, capsys):
    code, found = run()
    row = found["rows"][-1]
    assert (code, row["name"], row["value"], row["skipped"]) == (
        0,
        "slices",
        None,
        "needs real slices (--lung-slices DIR)",
    )
    assert all(row["skipped"] is None for row in found["rows"][:-1])
    assert capsys.readouterr().out.split("benchmarks.speed.slices")[1].split()[-7:] == [
        *("slices", "skipped", "needs", "real", "slices", "(--lung-slices", "DIR)")
    ]


def test_code_2_where_nothing_could_run(run):
    code, found = run("--only", "slices")
    assert (code, names(found)) == (2, ["slices"])


def test_the_benchmark_alone_asks_for_what_it_needs(fakes, capsys):
    with pytest.raises(SystemExit) as left:
        command.run_one(fakes["slices"], [])
    assert left.value.code == 2
    assert "required: --lung-slices" in capsys.readouterr().err


def test_the_file_holds_schema_machine_and_rows(run):
    code, found = run("--only", "plain")
    assert code == 0
    assert (found["schema"], found["quick"], found["size"]) == (1, False, "usual")
    assert {"processor", "cores", "python", "torch"} <= set(found["machine"])
    (row,) = found["rows"]
    assert set(row) == N_FIELDS
    expected = {"name": "figure", "value": 1.0, "unit": "s", "reach": 2.0, "holds": True, "peer": None, "detail": {}}
    assert row == expected | {"skipped": None, "benchmark": "benchmarks.speed.plain", "sides": []}


def test_code_1_where_one_figure_is_missed_and_the_others_are_written(run, fakes):
    fakes["plain"] = fake("plain", value=2.5)
    code, found = run()
    assert (code, [row["holds"] for row in found["rows"]]) == (1, [False, True, None])


def test_quick_judges_nothing_and_says_so(run, fakes, capsys):
    fakes["plain"] = fake("plain", value=2.5)
    code, found = run("--only", "plain", "--quick")
    (row,) = found["rows"]
    assert (code, row["reach"], row["holds"], found["quick"]) == (0, 2.0, None, True)
    printed = capsys.readouterr().out
    assert "Quick, tiny: no figure is judged." in printed
    assert [line.split()[-1] for line in printed.splitlines() if line.startswith("figure  ")] == ["holds", "quick"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], {"size": 10, "override": ["steps=4"]}),
        (["--full"], {"size": 99, "override": ["steps=97"]}),
        (["--full", "--size", "7", "steps=2"], {"size": 7, "override": ["steps=97", "steps=2"]}),
        (["--quick"], {"size": 3, "override": ["steps=1"]}),
        (["--quick", "--size", "7"], {"size": 7, "override": ["steps=1"]}),
        (["--size", "7", "steps=2"], {"size": 7, "override": ["steps=4", "steps=2"]}),
        (["--quick", "steps=2"], {"size": 3, "override": ["steps=1", "steps=2"]}),
    ],
)
def test_what_is_given_comes_before_the_size_and_the_size_before_the_defaults(run, words, told):
    _, found = run(*words, "--only", "sized")
    assert found["rows"][0]["detail"] == told


def test_options_of_the_harness_may_follow_the_names(run):
    _, found = run("--only", "sized", "steps=2", "~attack.knn")
    assert found["rows"][0]["detail"]["override"][1:] == ["steps=2", "~attack.knn"]


def test_a_failure_late_loses_no_row_before_it(fakes, tmp_path):
    def fail(options):
        raise SystemExit("The run failed (1).")

    fakes["sized"] = Benchmark("speed", "sized", "", fail, {}, "")
    file = tmp_path / "rows.json"
    with pytest.raises(SystemExit, match="The run failed"):
        command.run_kind("speed", ["--json", str(file)])
    assert names(json.loads(file.read_text())) == ["plain"]
    has_shape("benchmark", file)


def test_a_run_has_one_size_and_full_only_where_it_is_another(fakes, capsys):
    for name, words in (("sized", ["--quick", "--full"]), ("plain", ["--full"])):
        with pytest.raises(SystemExit) as left:
            command.run_one(fakes[name], words)
        assert left.value.code == 2
    assert "not allowed with argument --quick" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "holds"), [(1.0, True), (2.0, True), (2.5, False)])
def test_a_figure_holds_up_to_what_was_asked_for(value, holds):
    assert at_most("", value, "", 2.0).holds is holds
    assert at_least("", -value, "", -2.0).holds is holds


def test_a_row_skipped_has_no_value():
    assert skipped("slices", "why") == Row("slices", None, "", None, None, skipped="why")


@pytest.fixture
def as_command(monkeypatch):
    """`as_command(module, *words)`: what `python -m module words` ends with, in this process: torch costs seconds."""

    def call(module: str, *words: str) -> object:
        monkeypatch.setattr(sys, "argv", [module, *words])
        with pytest.raises(SystemExit) as ended:
            run_as_main(module)
        return ended.value.code

    return call


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("words", [["benchmarks.speed", "--only", "intervals"], ["benchmarks.speed.intervals"]])
def test_intervals_run_quickly_under_either_command(words, as_command, tmp_path, capsys):
    assert as_command(*words, "--quick", "--json", str(tmp_path / "rows.json")) == 0, capsys.readouterr().err
    found = json.loads((tmp_path / "rows.json").read_text())
    rows = {row["name"]: row for row in found["rows"]}
    assert len(rows) == 4
    assert all(row["holds"] is None and row["benchmark"] == "benchmarks.speed.intervals" for row in rows.values())
    for name in ("2,000 resamples of an AUC of 1,000 scores", "all metrics of 2 attacks, 8 targets of 70"):
        assert rows[name]["value"] > 0
        ours, loop = rows[name]["sides"]
        assert ours["apart"] is None
        assert loop["apart"] < 1e-12


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("one", all_benchmarks(), ids=lambda one: one.module)
def test_every_module_is_a_command(one, as_command, capsys):
    assert as_command(one.module, "--help") == 0
    shown = capsys.readouterr().out.replace("[", " ").replace("]", " ").split()
    of_all = {"--json", "--markdown", "--quick", *(["--full"] if one.full else [])}
    assert of_all | {option.flag for option in one.options} <= set(shown)


@pytest.mark.parametrize("words", [["--growing", "10"], ["--sizes", "16", "16"], ["--picture", "none/x.png"]])
def test_growth_is_between_points_and_its_picture_has_a_place(words, capsys):
    assert command.run_one(find_benchmarks("speed")["growth"], ["--quick", *words]) == 2
    assert "Error:" in capsys.readouterr().err


def test_each_benchmark_says_how_long_it_took(fakes, run, monkeypatch, capsys):
    """On a clock that goes by what each asks of it."""
    now = [100.0]
    monkeypatch.setattr(command.time, "perf_counter", lambda: now[0])

    def slow(options):
        now[0] += 7.25
        return []

    fakes["sized"] = Benchmark("speed", "sized", "", slow, {}, "")
    _, found = run()
    took = found["seconds"]
    assert {name.rpartition(".")[2]: seconds for name, seconds in took.items()} == {
        "plain": 0.0,
        "sized": 7.2,
        "slices": 0.0,
    }
    assert "benchmarks.speed.sized, 7 s" in capsys.readouterr().out
