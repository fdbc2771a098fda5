"""A site as files: what is in it and what is not, when nothing is written, and the same bytes from the same runs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from pathlib import Path

import pytest
import yaml
from whole_runs import ACCESS, IDS, write_run

from harness.errors import InputError
from harness.places import shown
from harness.share.__main__ import main as share
from harness.site import __main__ as command
from harness.site import write
from harness.site.entry import entries


def texts_of(site: Path) -> dict[str, str]:
    return {path.relative_to(site).as_posix(): path.read_text() for path in site.rglob("*") if path.is_file()}


def refused(capsys, *words: str) -> str:
    assert command.main(list(words)) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert told.startswith("Error: ")
    assert told.endswith(".")
    return told


def test_every_run_and_attack_has_a_page_and_the_manifest_names_every_file(made):
    texts = texts_of(made.site)
    manifest = json.loads(texts.pop("manifest.json"))
    assert manifest["site"] is True
    assert manifest["files"] == {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    runs = [f"runs/{name}/{page}" for name in ("weak-0", "weak-1", "strong", "strangers")
            for page in ("index.html", "report.html")]  # fmt: skip
    attacks = [f"attacks/{name}.html" for name in ACCESS]
    pages = ["index.html", "leaderboards.html", "comparison.html", "attacks.html", "published.html"]
    assert set(texts) == {*runs, *attacks, *pages, "published/imageclef2023.html"}


def test_a_report_is_the_runs_own(made):
    for name in ("weak-0", "strangers"):
        assert (made.site / "runs" / name / "report.html").read_bytes() == (
            made.runs / name / "report.html"
        ).read_bytes()
    assert "This report is not to be trusted" in (made.site / "runs" / "strangers" / "index.html").read_text()


def test_the_same_runs_give_the_same_bytes_in_place_of_a_site_of_ours(made, tmp_path):
    for _ in range(2):
        assert command.main([str(made.runs), "--out", str(tmp_path / "again")]) == 0
        assert texts_of(tmp_path / "again") == texts_of(made.site)
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def test_nothing_of_this_machine_is_in_it(made):
    for name, text in texts_of(made.site).items():
        for word in (str(made.runs), str(Path.home()), str(Path(__file__).parents[3]), os.uname().nodename):
            assert word not in text, name


def test_rows_of_another_recipe_stand_in_another_table(made):
    page = (made.site / "leaderboards.html").read_text()
    groups = re.split(r'<section class="group">', page)[1:]
    assert [set(re.findall(r"runs/([\w-]+)/index", group)) for group in groups] == [
        {"strangers"}, {"strong"}, {"weak-0", "weak-1"},
    ]  # fmt: skip
    tables = re.findall(r'<table class="ranks of-runs">(.*?)</table>', groups[2], re.DOTALL)
    held = [set(re.findall(r"attacks/(\w+)\.html", table)) for table in tables]
    assert held == [{"knn", "ssim"}, {"knn_cal"}] * 2


def changed(run: Path, name: str, text: str) -> None:
    """A file of a run that somebody else wrote, with a right digest."""
    (run / name).write_text(text)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"][name] = hashlib.sha256(text.encode()).hexdigest()
    (run / "manifest.json").write_text(json.dumps(manifest))


def with_options(run: Path, **more: object) -> None:
    options = yaml.safe_load((run / "config.yaml").read_text())
    data = {**options["data"], **more.pop("data", {})}
    changed(run, "config.yaml", yaml.safe_dump({**options, **more, "data": data}))


@pytest.mark.parametrize("share", [[], ["--share"]])
def test_rows_of_other_candidates_decisions_and_tasks_stand_in_tables_apart(tmp_path, share):
    """By the rule of harness.compare, with the options that a decision hangs on."""
    runs = {name: write_run(tmp_path / name / "run", {"knn": 0.6}) for name in ("as_is", "single", "half", "suite")}
    with_options(runs["single"], data={"per_patient": 1})
    with_options(runs["half"], decision="top_half")
    told = {"suite": "kowalska", "version": 1, "task": "weak"}
    (tmp_path / "suite" / "suite.json").write_text(json.dumps(told))
    out = tmp_path / "site"
    assert command.main([*map(str, runs.values()), "--out", str(out), *share]) == 0
    page = (out / "leaderboards.html").read_text()
    groups = re.split(r'<section class="group">', page)[1:]
    assert [len(set(re.findall(r"runs/([\w-]+)/index", group))) for group in groups] == [1, 1, 1, 1]
    assert sum("Apart from the first of this name" in group for group in groups) == 3
    words = ("data.per_patient", "decision is", "a run outside of a suite")
    assert share or all(word in page for word in words)  # shared, whichever has the first key stands first
    assert ("kowalska" in page) == (not share)


def test_candidates_of_their_own_make_a_table_of_one_heading(tmp_path):
    write_run(tmp_path / "a", {"knn": 0.6})
    write_run(tmp_path / "b", {"knn": 0.7}, ids=[f"other_{place}" for place in range(len(IDS))])
    assert command.main([str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "site")]) == 0
    page = (tmp_path / "site" / "leaderboards.html").read_text()
    tables = re.findall(r'<table class="ranks of-runs">(.*?)</table>', page, re.DOTALL)
    assert [len(re.findall(r"runs/[ab]/index", table)) for table in tables] == [1] * 4
    assert page.count("A table apart: its candidates are others") >= 2


HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    "change",
    [
        lambda page: f"<!doctype html>{HOSTILE}",
        lambda page: page.replace("<head>", f"<head>{HOSTILE}"),
        lambda page: f"{HOSTILE}{page}",
        lambda page: page.replace("script-src 'sha256-", "script-src 'unsafe-inline' 'sha256-"),
        lambda page: page.replace("<body>", '<body><meta http-equiv="refresh" content="0;url=https://x.example">'),
        lambda page: page.replace(
            '<meta name="color-scheme" content="light dark">', '<meta http-equiv=refresh content="0;url=//x.example">'
        ),
        lambda page: page.replace("<body>", '<body><LINK rel="dns-prefetch" href="//x.example">'),
        lambda page: page.replace("<body>", '<body><FORM action="https://x.example">'),
    ],
)
def test_a_report_that_is_none_of_ours_is_left_out_and_told(tmp_path, capsys, change):
    run = write_run(tmp_path / "run", {"knn": 0.7})
    changed(run, "report.html", change((run / "report.html").read_text()))
    out = tmp_path / "site"
    assert command.main([str(run), "--out", str(out)]) == 0
    told = "".join(capsys.readouterr().out.split())  # a long path is broken anywhere
    assert "report.htmlisleftoutofthesite" in told
    assert not (out / "runs" / "run" / "report.html").exists()
    assert not any("alert(1)" in text or "x.example" in text for text in texts_of(out).values())
    page = (out / "runs" / "run" / "index.html").read_text()
    assert "The report of this run is left out" in page
    assert 'href="report.html"' not in page


def test_a_row_that_two_runs_of_the_same_generators_have_stands_once_with_its_seed(tmp_path):
    write_run(tmp_path / "runs" / "one", {"knn": 0.6, "ssim": 0.7}, seed=3)
    write_run(tmp_path / "runs" / "two", {"knn": 0.6, "loss": 0.8}, seed=3)
    write_run(tmp_path / "runs" / "three", {"knn": 0.9, "loss": 0.8}, seed=4)
    assert command.main([str(tmp_path / "runs"), "--out", str(tmp_path / "site")]) == 0
    page = (tmp_path / "site" / "leaderboards.html").read_text()
    (table,) = re.findall(
        r"<caption[^>]*>[^<]*Shadows, held out: the attacker holds the release</caption>.*?</table>", page, re.S
    )
    assert re.findall(r'scope="row"[^>]*data-text="([a-z]+)"', table) == ["knn", "ssim", "knn"]
    assert re.findall(r'<td data-value="\d">(\d)</td>', table) == ["4", "3", "3"]


def test_an_attacks_page_says_what_it_is_and_what_it_reached(made):
    page = " ".join((made.site / "attacks" / "knn.html").read_text().split())
    assert "Distance to the nearest released images." in page
    assert '<a href="https://arxiv.org/abs/1909.03935">arXiv 1909.03935</a>' in page
    assert re.search(r"<code>k</code></th><td[^>]*><code>1</code></td><td[^>]*>how many released images</td>", page)
    assert "in 3 of 4 runs" in page
    assert 'Its largest AUC is 0.880 [0.800, 0.960], in <a href="../runs/strong/index.html">' in page
    kin = " ".join((made.site / "attacks" / "knn_cal.html").read_text().split())
    assert 'It is <a href="../attacks/knn.html">knn</a> with its option' in kin


def test_the_comparison_and_the_published_table_are_those_of_their_commands(made):
    assert "4 runs compared by AUC" in (made.site / "comparison.html").read_text()
    table = (made.site / "published" / "imageclef2023.html").read_text()
    assert table.count("<tr") > 40
    assert 'href="published/imageclef2023.html">40 rows</a>' in (made.site / "published.html").read_text()


SECRETS = ("kowalska", "nowak", "zielinski")


def test_what_is_shared_holds_no_id_no_name_of_a_folder_and_no_sentence_of_others(made, tmp_path, capsys):
    ids = [f"nowak_{place}" for place in range(len(IDS))]
    run = write_run(tmp_path / "kowalska_ward", {"knn": 0.7}, ids=ids, more="zielinski was there.")
    (run / "report.html").write_text((run / "report.html").read_text() + "<!-- kowalska -->")
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"]["report.html"] = hashlib.sha256((run / "report.html").read_bytes()).hexdigest()
    (run / "manifest.json").write_text(json.dumps(manifest))
    weak = [write_run(tmp_path / f"weak-{seed}", {"knn": 0.7}, seed=seed, steps=60) for seed in (1, 2)]
    out = tmp_path / "site"
    assert command.main([str(run), *map(str, weak), "--out", str(out), "--share"]) == 0
    texts = texts_of(out)
    for secret in (*SECRETS, *IDS, "patient_1", "weak-", "a" * 64, str(tmp_path)):
        assert [name for name, text in texts.items() if secret in text.lower()] == [], secret
        assert [name for name in texts if secret in name.lower()] == [], secret
    assert not any("<img" in text for text in texts.values())
    names = set(re.findall(r'href="runs/(run-[0-9a-f]{16})/index\.html"', texts["index.html"]))
    assert len(names) == 3
    # What may be ranked together still is.
    groups = re.split(r'<section class="group">', texts["leaderboards.html"])[1:]
    assert sorted(len(set(re.findall(r"runs/([\w-]+)/index", group))) for group in groups) == [1, 2]
    # The same key gives the same names.
    key, again = tmp_path / ".site.share-key", tmp_path / "again"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert command.main([str(run), "--out", str(again), "--share", "--key", str(key)]) == 0
    (name,) = (path.name for path in (again / "runs").iterdir())
    assert name in names
    assert texts_of(again)[f"runs/{name}/report.html"] == texts[f"runs/{name}/report.html"]


def test_a_copy_beside_its_run_is_left_out_unless_it_is_named(tmp_path, capsys):
    run = write_run(tmp_path / "runs" / "one", {"knn": 0.7})
    assert share([str(run)]) == 0
    assert command.main([str(tmp_path / "runs"), "--out", str(tmp_path / "a")]) == 0
    assert "copy to pass on, and left out" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "a" / "runs" / "one-share").exists()
    assert command.main([str(tmp_path / "runs" / "one-share"), "--out", str(tmp_path / "b")]) == 0
    assert (tmp_path / "b" / "runs" / "one-share" / "report.html").exists()


def test_runs_of_one_name_and_odd_names_have_pages_of_their_own(tmp_path):
    for place in ("a", "b"):
        write_run(tmp_path / place / "run", {"knn": 0.7})
    write_run(tmp_path / "Ü <b> & %2e", {"knn": 0.7})
    assert command.main([*map(str, tmp_path.iterdir()), "--out", str(tmp_path / "site")]) == 0
    assert sorted(path.name for path in (tmp_path / "site" / "runs").iterdir()) == ["b-2e", "run", "run-2"]
    assert "Ü &lt;b&gt; &amp; %2e" in (tmp_path / "site" / "index.html").read_text()


def test_an_attack_of_a_name_that_none_can_have_gets_no_file(tmp_path, capsys):
    run = write_run(tmp_path / "run", {"knn": 0.7})
    results = (run / "results.json").read_text().replace('"attack": "knn"', '"attack": "../../<i>x"')
    (run / "results.json").write_text(results)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"]["results.json"] = hashlib.sha256(results.encode()).hexdigest()
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert command.main([str(run), "--out", str(tmp_path / "site")]) == 0
    assert not (tmp_path / "site" / "attacks").exists()
    assert not any("<i>" in text for text in texts_of(tmp_path / "site").values())


@pytest.mark.parametrize("place", ["in the run", "above"])
def test_a_site_lies_apart_from_its_runs(tmp_path, capsys, place):
    run = write_run(tmp_path / "runs" / "one", {"knn": 0.7})
    before = texts_of(tmp_path)
    out = run / "site" if place == "in the run" else tmp_path / "runs"
    assert "--out" in refused(capsys, str(run), "--out", str(out))
    assert texts_of(tmp_path) == before


def test_a_folder_that_is_no_site_of_ours_is_never_replaced(made, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    told = refused(capsys, str(made.runs), "--out", str(tmp_path / "mine"))
    assert "holds something that is not a site" in told
    out = tmp_path / "site"
    assert command.main([str(made.runs), "--out", str(out)]) == 0
    (out / "index.html").write_text("edited")
    assert "index.html was edited" in refused(capsys, str(made.runs), "--out", str(out))
    assert (out / "index.html").read_text() == "edited"
    assert "not a site" in refused(capsys, str(made.runs / "weak-0"), "--out", str(made.runs / "weak-1"))


def test_what_somebody_puts_there_meanwhile_is_not_replaced_either(made, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not a site"):
        write.write_site(entries([made.runs / "weak-0"]), "A site", tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_site_that_fails_leaves_what_was_there(made, tmp_path, monkeypatch):
    out = tmp_path / "site"
    assert command.main([str(made.runs), "--out", str(out)]) == 0
    before = texts_of(out)

    def broken(*_):
        yield "index.html", "half"
        raise RuntimeError("on the way")

    monkeypatch.setattr(write, "pages", broken)
    with pytest.raises(RuntimeError, match="on the way"):
        command.main([str(made.runs), "--out", str(out)])
    assert texts_of(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_mistakes_are_sentences(tmp_path, capsys):
    out = ["--out", str(tmp_path / "site")]
    (tmp_path / "empty").mkdir()
    assert "is no folder" in refused(capsys, str(tmp_path / "none"), *out)
    assert "No run lies in" in refused(capsys, str(tmp_path / "empty"), *out)
    run = write_run(tmp_path / "run", {"knn": 0.7})
    assert "--key is for --share" in refused(capsys, str(run), *out, "--key", str(tmp_path / "key"))
    assert "--title" in refused(capsys, str(run), *out, "--title", " ")
    inside = str(tmp_path / "site" / "key")
    assert "is passed on" in refused(capsys, str(run), *out, "--share", "--key", inside)
    (run / "report.html").write_text("another")
    told = refused(capsys, str(run), *out)
    assert shown(run) in told
    assert "was changed since the run wrote it" in told
    assert not (tmp_path / "site").exists()
