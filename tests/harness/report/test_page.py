"""The pages people look at and the LaTeX table, filled with numbers made up here and nowhere else."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from harness.evaluation.comparison import Comparison
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.report import (
    Decisions,
    MatchedPair,
    PageContent,
    PlanRow,
    PowerSeries,
    ScoredAttack,
    latex_table,
    write_leaderboard,
    write_page,
)
from harness.report.board import COLUMNS
from harness.report.featured import featured, ranked
from harness.report.roc import step_points
from harness.report.table import sections
from harness.report.verdict import meaning, tiles

TIERS = {"release": 14, "references": 16, "model": 12, "gradient": 2}
CHOSEN = "knn_reg"
HOSTILE = "<script>alert(1)</script>_50% & $x_1$ {\\"


def names() -> list[tuple[str, str]]:
    named = {"release": ["knn", "ssim"], "references": [CHOSEN, "knn_cal"], "model": ["loss", "secmi"]}
    rows = []
    for access, n in TIERS.items():
        given = [*named.get(access, []), *(f"{access}_attack_{i}" for i in range(n))]
        rows += [(name, access) for name in given[:n]]
    return rows


def some(value: float, half: float = 0.03) -> Estimate:
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0))


def measured(name: str, access: str, auc: float, target_set: str = "shadow", **more) -> Record:
    fields = {
        "n_targets": 8 if target_set == "shadow" else 1,
        "n_members": 280,
        "n_nonmembers": 281,
        "auc": some(auc),
        "auc_per_target": [auc - 0.05, auc + 0.04],
        "tpr_at_fpr": {"0.1": some(auc**3), "0.01": Estimate(None, note="n too small: 281 non-members")},
        "f1": some(auc - 0.1),
        "accuracy": some(auc - 0.09),
        "recall": some(auc - 0.11),
        "precision": some(auc - 0.08),
        "kappa": some(2 * auc - 1.1),
        "brier": some(0.3 - 0.2 * auc),
        "log_loss": some(0.9 - 0.6 * auc),
        "ece": Estimate(0.043, note="no interval"),
        "realised_fpr": {"0.1": some(0.113), "0.05": some(0.06), "0.01": some(0.02)},
        "seconds": 1.5,
        "network_calls": 24 if access == "model" else 0,
        "resampled": "targets, then patients",
    }
    return Record(name, "release", target_set, access, **{**fields, **more})  # type: ignore[arg-type]


def curve(name: str, access: str, power: float, rng: np.random.Generator, n: int = 560) -> ScoredAttack:
    member = np.arange(n) % 2 == 0
    score = rng.normal(size=n) + power * member
    probability = 1.0 / (1.0 + np.exp(power * (power / 2 - score)))
    return ScoredAttack(name, access, score, probability, member, chosen=name == CHOSEN)


def demo(n_pairs: int = 24, size: int = 64) -> PageContent:
    rng = np.random.default_rng(0)
    power = {name: float(rng.uniform(0.1, 2.2)) for name, _ in names()} | {CHOSEN: 2.0}
    curves = [curve(name, access, power[name], rng) for name, access in names()]
    strength = {one.name: float(roc_auc_score(one.member, one.score)) for one in curves}
    records = [measured(name, access, strength[name]) for name, access in names()]
    records += [
        measured("blind", "release", 0.507, kind="control"),
        *(measured(f"wrong_target: {name}", access, 0.485 + 0.0007 * i, kind="control")
          for i, (name, access) in enumerate(names())),
        measured("oracle", "references", 0.921, kind="oracle"),
        measured(CHOSEN, "references", 0.887, "test", resampled="patients"),
        Record("all used", "none", "shadow", "none", kind="trivial", n_members=280, n_nonmembers=281,
               f1=Estimate(0.666), accuracy=Estimate(0.499), recall=Estimate(1.0)),
        Record("mc_skipped", "release", "shadow", "release", skipped="it needs 4 references, there are 2."),
        *(Record(name, "model", "test", "model", skipped="this release comes without a model.")
          for name, access in names() if access == "model"),
    ]  # fmt: skip
    x, truth = np.linspace(0, 3, size), (True, False, None)
    images = [
        (127 + 90 * np.sin(x[None] * (i % 5 + 1)) * np.cos(x[:, None] * (i % 3 + 1)) + rng.normal(0, 6, (size, size)))
        .clip(0, 255)
        .astype(np.uint8)
        for i in range(n_pairs)
    ]
    released = np.array([25, 50, 100, 200, 400])
    return PageContent(
        title="Does this release give away its training slices?",
        summary=[
            "44 attacks were tried on 8 generators trained for the purpose; knn_reg was chosen by best_calibrated "
            "and applied once to the test release, where it called 36 of 70 candidates used.",
            "The truth was opened after the decision: F1 0.787, accuracy 0.797.",
        ],
        records=records,
        chosen=CHOSEN,
        curves=curves,
        comparisons=[
            Comparison(name, base, "AUC", some(strength[name] - strength[base]), 0.0004, 0.031)
            for name, _ in names() for base in ("knn", "ssim") if name != base
        ],
        choices={"best_calibrated": CHOSEN, "highest_auc": "loss", "highest_tpr": "release_attack_3"},
        declared_choice="best_calibrated",
        decisions={
            "probability": Decisions(some(0.821), some(0.831), some(0.804)),
            "fixed_fpr": Decisions(some(0.815), some(0.822), None),
            "top_half": Decisions(some(0.818), some(0.828), some(0.809)),
        },
        declared_decision="probability",
        power=[
            PowerSeries(name, label, [int(v) for v in xs], list(y), list(y - 0.03), list(y + 0.03))
            for label, xs in (("released images", released), ("reference shadows", np.array([1, 2, 4, 6])))
            for name, top in ((name, strength[name]) for name, access in names() if access != "gradient")
            for y in [0.5 + (top - 0.5) * (1 - np.exp(-xs / xs.mean()))]
        ],
        sheet=[
            MatchedPair(image, np.roll(image, 1), f"lung_{i:03d}", 3 - i / 10, 0.98 - i / 50, truth[i % 3])
            for i, image in enumerate(images)
        ],
        plan=[*(PlanRow(f"shadow-{i}", 35, f"{i:x}" * 64) for i in range(8)), PlanRow("test", None, "f" * 64)],
        facts={
            "command": "python -m harness.run attack=all preset=quick",
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "seed": "0",
            "hardware": {"machine": "x86_64", "system": "Linux", "cores": "2"},
            "versions": {"python": "3.11.9", "numpy": "2.1.0", "torch": "2.5.1"},
        },
    )  # fmt: skip


class Parsed(HTMLParser):
    """A page taken apart: elements in order, the words one reads, and every table's header and rows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.tables: list[list[list[str]]] = []
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "img", "line"):
            self._inside.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._inside.pop() == tag  # whatever is opened is closed, in order

    def handle_data(self, data):
        if "script" in self._inside:
            self.scripts.append(data)
        elif "style" not in self._inside and "head" not in self._inside:
            self.words.append(data)
            if {"td", "th"} & set(self._inside):
                self.tables[-1][-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def rows(self, name: str) -> Iterator[dict[str, str]]:
        """The rows of an attack as header -> cell."""
        for header, *rows in self.tables:
            for row in rows:
                if row[0].split()[: len(name.split())] == name.split():
                    yield dict(zip(header, (" ".join(cell.split()) for cell in row), strict=True))


def page_of(content: PageContent, folder: Path, write=write_page) -> str:
    path = folder / "page.html"
    path.unlink(missing_ok=True)
    write(path, content)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def content() -> PageContent:
    return demo()


@pytest.fixture(scope="module")
def report(content, tmp_path_factory) -> str:
    return page_of(content, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def board(content, tmp_path_factory) -> str:
    return page_of(content, tmp_path_factory.mktemp("board"), write_leaderboard)


@pytest.fixture(scope="module")
def small(content) -> PageContent:
    """Two attacks of the chosen one's access and little else: quick to draw."""
    kept = [one for one in content.curves if one.access == "references"][:2]
    named = {one.name for one in kept}
    return replace(
        content,
        records=[record for record in content.records if record.attack in named],
        curves=kept,
        power=[one for one in content.power if one.name in named][:1],
        sheet=content.sheet[:2],
        comparisons=[one for one in content.comparisons if one.attack in named],
    )


def test_the_report_is_one_light_file_that_loads_nothing(report, board):
    for page in (report, board):
        assert len(page.encode()) < 3_000_000
        assert not re.findall(r"https?:|//cdn|@import|<link|<iframe|<object", page)
        for _, attributes in Parsed(page).elements:
            for name in ("src", "href", "xlink:href", "data", "poster", "srcset", "action"):
                assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,"))
        assert set(re.findall(r"url\((.)", page)) <= {"#"}


def test_only_the_pages_own_script_may_run(report):
    parsed = Parsed(report)
    (policy,) = [a["content"] for tag, a in parsed.elements if tag == "meta" and "http-equiv" in a]
    assert "default-src 'none'" in policy
    (script,) = parsed.scripts
    assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy


def test_names_given_by_people_are_text_and_never_markup(small, tmp_path):
    rename = dict.fromkeys([CHOSEN], HOSTILE)
    records = [replace(r, attack=rename.get(r.attack, r.attack)) for r in small.records]
    records.append(replace(records[0], skipped=HOSTILE))
    hostile = replace(
        small,
        title=HOSTILE,
        summary=[HOSTILE],
        alarms=[HOSTILE],
        records=records,
        chosen=HOSTILE,
        curves=[replace(one, name=rename.get(one.name, one.name)) for one in small.curves],
        comparisons=[replace(one, attack=HOSTILE, metric=HOSTILE) for one in small.comparisons],
        choices={HOSTILE: HOSTILE},
        decisions={HOSTILE: Decisions(None, None, None)},
        power=[replace(one, name=HOSTILE, x_label=HOSTILE) for one in small.power],
        sheet=[replace(one, candidate_id=HOSTILE) for one in small.sheet],
        plan=[PlanRow(HOSTILE, 1, HOSTILE)],
        facts={HOSTILE: HOSTILE, "nested": {HOSTILE: HOSTILE}},
    )
    page = page_of(hostile, tmp_path)
    parsed = Parsed(page)
    assert len(parsed.scripts) == 1
    assert "<script>alert" not in page
    words = "".join(parsed.words)
    assert words.count(HOSTILE) >= 20
    assert "&lt;" not in words  # escaped once, not twice
    assert HOSTILE in [unescape(text) for text in re.findall("<text[^>]*>(.*?)</text>", page)]  # no mathtext in it
    assert "<script>alert" not in page_of(hostile, tmp_path, write_leaderboard)


METRICS = {
    "AUC": "auc", "F1": "f1", "accuracy": "accuracy", "recall": "recall", "Brier": "brier", "precision": "precision",
    "kappa": "kappa", "log loss": "log_loss", "ECE": "ece",
}  # fmt: skip


def test_every_number_of_every_record_stands_in_its_row(content, report, board):
    def told(estimate: Estimate | None) -> str:
        if estimate is None:
            return ""
        interval = "" if estimate.low is None else f" [{estimate.low:.3f}, {estimate.high:.3f}]"
        return f"{estimate.value:.3f}{interval}".replace("-", "\N{MINUS SIGN}")

    listed = [record for _, rows in sections(content.records) for record in rows if record.skipped is None]
    assert len(listed) > 44
    for parsed in (Parsed(report), Parsed(board)):
        for record in listed:
            expected = {title: told(getattr(record, metric)) for title, metric in METRICS.items()}
            rates = record.tpr_at_fpr or {}
            expected["TPR@10 %"] = told(rates.get("0.1"))
            expected["TPR@1 %"] = "n too small" if rates else ""
            expected["FPR@5 %"] = told((record.realised_fpr or {}).get("0.05"))
            expected["seconds"] = "1.5" if record.kind == "attack" else ""
            assert any(expected.items() <= row.items() for row in parsed.rows(record.attack)), record.attack


def test_every_control_is_shown_and_one_that_misses_chance_is_said_to(content, tmp_path):
    off = measured("blind", "release", 0.62, kind="control")
    records = [r for r in content.records if r.kind == "control" and r.attack != "blind"]
    page = Parsed(page_of(PageContent("t", [], [*records, off]), tmp_path))
    names = [row[0] for table in page.tables if table[0][0] == "control" for row in table[1:]]
    assert sorted(names) == sorted(r.attack for r in [*records, off])
    assert names[0] == "blind"  # the farthest from chance comes first
    answers = [row["covers 0.5?"] for row in page.rows("blind") if "covers 0.5?" in row]
    assert answers == ["no"]


def test_alarms_come_before_everything_else(small, tmp_path):
    alarms = ["blind is at 0.62.", "wrong_target is at 0.41."]
    for write in (write_page, write_leaderboard):
        text = Parsed(page_of(replace(small, alarms=alarms), tmp_path, write)).text
        assert text.startswith("This report is not to be trusted.")
        assert max(text.index(alarm) for alarm in alarms) < text.index(small.title)
        assert "not to be trusted" not in Parsed(page_of(small, tmp_path, write)).text


NOBODY = "The test release is not what a generator gives: 24 of 24 released images are black. Nobody can be called."


def test_where_nobody_can_be_called_no_control_is_blamed_and_nothing_is_cleared(small, tmp_path):
    records = [replace(r, auc=Estimate(0.53, 0.49, 0.57)) if r.attack == CHOSEN else r for r in small.records]
    nobody = replace(small, records=records, alarms=[NOBODY], nobody=[NOBODY])
    for write in (write_page, write_leaderboard):
        text = Parsed(page_of(nobody, tmp_path, write)).text
        assert text.startswith("This report is not to be trusted. The generators' releases are not such as")
        assert "A control, which must sit at chance, does not" not in text
        assert "the plan leaks" not in text
        assert "those named in red" not in text
        both = Parsed(page_of(replace(nobody, alarms=[NOBODY, "blind is at 0.62."]), tmp_path, write)).text
        told = (
            "and nobody can be called.",
            "A control, which must sit at chance, does not, or the plan leaks",
            NOBODY,
        )
        places = [both.index(one) for one in told]
        assert places == sorted(places)
        leak = Parsed(page_of(replace(small, alarms=["blind is at 0.62."]), tmp_path, write)).text
        assert leak.startswith("This report is not to be trusted. A control, which must sit at chance, does not, or")
    text = Parsed(page_of(nobody, tmp_path)).text
    assert "gives away which slices were used" not in text
    assert text.count(NOBODY) == 2, "in red, and in the box of the verdict"
    assert "That nobody is found here is no all-clear" in text
    assert "gives away which slices were used" in Parsed(page_of(replace(small, records=records), tmp_path)).text
    assert meaning(records, None, [NOBODY])[0] == NOBODY


def test_headers_sort_by_click_and_by_key(content, board):
    elements = Parsed(board).elements
    heads = [i for i, (_, attributes) in enumerate(elements) if "aria-sort" in attributes]
    n_tables = sum(attributes.get("class") == "ranks" for _, attributes in elements)
    assert len(heads) == n_tables * (1 + len(COLUMNS))
    assert all(elements[i + 1][0] == "button" for i in heads)  # reached by Tab, pressed by Enter
    assert {elements[i][1]["data-first"] for i in heads} == {"ascending", "descending"}
    sorted_now = [elements[i][1] for i in heads if elements[i][1]["aria-sort"] != "none"]
    assert len(sorted_now) == n_tables
    values = [float(a["data-value"]) for _, a in elements if a.get("class") == "auc" and "data-value" in a]
    assert len(values) == sum(r.auc is not None for _, rows in sections(content.records) for r in rows)


def test_the_same_content_gives_the_same_bytes_whatever_the_users_matplotlibrc(small, tmp_path):
    before = page_of(small, tmp_path)
    with matplotlib.rc_context({"xtick.labelsize": 30.0, "svg.hashsalt": "mine", "axes.facecolor": "red"}):
        assert page_of(small, tmp_path) == before
        assert matplotlib.rcParams["xtick.labelsize"] == 30.0


def test_skipped_attacks_are_listed_with_the_reason(report, board):
    for page in (report, board):
        text = Parsed(page).text
        assert "Skipped: mc_skipped (it needs 4 references, there are 2.)" in text
        assert text.count("(this release comes without a model.)") == 1  # one line for all of them
        assert not list(Parsed(page).rows("mc_skipped"))


def test_unknown_truth_leaves_blanks_and_no_zeros(small, tmp_path):
    unknown = Record(CHOSEN, "release", "test", "references", n_targets=1, seconds=2.5)
    records = [unknown if r.target_set == "test" else r for r in small.records]
    pairs = [replace(pair, member=None) for pair in small.sheet]
    page = page_of(replace(small, records=records, sheet=pairs), tmp_path)
    (row,) = [row for row in Parsed(page).rows(CHOSEN) if row.get("seconds") == "2.5"]
    assert {title: cell for title, cell in row.items() if cell} == {
        "attack": f"{CHOSEN} chosen",
        "seconds": "2.5",
        "calls": "0",
    }
    assert "The truth of this set is not known here" in Parsed(page).text
    assert not [tile for tile in tiles(records, CHOSEN) if "test" in tile.label]
    assert 'class="truth' not in page


def test_figures_have_ids_of_their_own_and_the_pages_colours(report):
    elements = Parsed(report).elements
    ids = [attributes["id"] for _, attributes in elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    used = re.findall(r"url\(#([^)]+)\)", report) + re.findall(r'href="#([^"]+)"', report)
    assert used
    assert set(used) <= set(ids)
    figures = re.findall(r"<svg [^>]*class=\"figure\".*?</svg>", report, flags=re.DOTALL)
    assert len(figures) == 4 + 3 + 3 + 6  # ROC by access, reliability, histograms, power by what grows and access
    for figure in figures:
        assert "<metadata" not in figure
        assert not re.findall(r"#[0-9a-f]{6}", figure)
        assert 'role="img" aria-label="' in figure
    defined = set(re.findall(r"--([a-z0-9]+):", report))
    assert set(re.findall(r"var\(--([a-z0-9]+)\)", report)) <= defined


def test_the_contact_sheet_shows_the_very_pixels_with_score_and_probability(small, tmp_path):
    page = page_of(small, tmp_path)
    pictures = [
        np.asarray(Image.open(BytesIO(b64decode(attributes["src"].split(",")[1]))))
        for tag, attributes in Parsed(page).elements
        if tag == "img"
    ]
    wanted = [image for pair in small.sheet for image in (pair.candidate, pair.released)]
    assert all(np.array_equal(a, b) for a, b in zip(pictures, wanted, strict=True))
    assert "lung_001 not used probability 0.960, score 2.900" in Parsed(page).text


def test_declared_rules_are_marked_and_comparisons_corrected(report):
    parsed = Parsed(report)
    (row,) = list(parsed.rows("best_calibrated"))
    assert row == {"selection rule": "best_calibrated declared", "picks": CHOSEN}
    (row,) = list(parsed.rows("fixed_fpr"))
    assert row == {
        "decision rule": "fixed_fpr",
        "F1": "0.815 [0.785, 0.845]",
        "accuracy": "0.822 [0.792, 0.852]",
        "recall": "",
    }
    rows = [row for row in parsed.rows(CHOSEN) if "p, Holm" in row and row["against"] == "knn"]
    assert len(rows) == 2  # the chosen attack's table, and among all of them
    assert rows[0]["p"] == "< 0.001"
    assert rows[0]["p, Holm"] == "0.031"
    assert rows[0]["difference"].startswith("+0.")


def test_plan_and_facts_are_whole(content, report):
    text = Parsed(report).text
    for row in content.plan:
        assert f"{row.name}{'withheld' if row.members is None else row.members}{row.key}" in text.replace(" ", "")
    assert "0123456789abcdef0123456789abcdef01234567" in text
    assert "torch2.5.1" in text.replace(" ", "")


@pytest.mark.parametrize("ties", [False, True])
def test_the_drawn_roc_is_the_largest_tpr_at_or_below_each_fpr(ties):
    one = curve("a", "release", 1.0, np.random.default_rng(3), n=60)
    if ties:
        one = replace(one, score=np.round(one.score))
    fpr, tpr = step_points(one)
    thresholds = [*np.unique(one.score), np.inf]
    points = [
        (np.mean(one.score[~one.member] >= t), np.mean(one.score[one.member] >= t)) for t in thresholds
    ]  # every threshold there is
    for at in np.linspace(0, 1, 101):
        best = max(hit for alarm, hit in points if alarm <= at + 1e-12)
        assert tpr[np.flatnonzero(fpr <= at + 1e-12)[-1]] == pytest.approx(best)


def test_figures_feature_the_chosen_and_the_best_of_other_access(content):
    lone = replace(content.curves[0], name="one_class", member=np.ones(560, dtype=bool))
    curves = [*content.curves, lone]
    tiers = ranked(curves)
    assert list(tiers) == list(TIERS)
    assert all({one.curve.access for one in tier} == {access} for access, tier in tiers.items())
    assert all(one.curve.name != "one_class" for tier in tiers.values() for one in tier)
    first = featured(curves)
    assert [one.curve.name for one in first[:1]] == [CHOSEN]
    for one, access in zip(first[1:], ("release", "model"), strict=True):
        assert one.auc == max(other.auc for other in tiers[access])


def test_the_verdict_counts_whole_slices_and_says_when_there_is_nothing(content):
    record = measured(CHOSEN, "references", 0.9, tpr_at_fpr={"0.1": some(0.62)})
    text = " ".join(meaning([record], CHOSEN))
    assert "in 90 of 100 pairs" in text
    assert "finds 62 of 100" in text
    text, no_control = meaning([replace(record, auc=Estimate(0.53, 0.49, 0.57))], CHOSEN)
    assert "could not be told from guessing" in text
    assert no_control.startswith("That is no all-clear. No positive control was made")
    wide = replace(record, auc=Estimate(0.74, 0.48, 1.0), low_resampled={"auc": 0.6, "tpr_at_0.1": 0.05})
    pairs, others = meaning([wide], CHOSEN)
    assert "in 74 of 100 pairs" in pairs
    assert "of others, the one that made the release among them, it cannot be told from guessing" in others
    assert "could not be told" in meaning([replace(wide, low_resampled={"auc": 0.49})], CHOSEN)[0]
    assert meaning([replace(record, target_set="test")], CHOSEN) == []
    assert meaning(content.records, None) == []


def test_latex_has_a_closed_tabular_a_section_and_nothing_unescaped(content):
    records = [*content.records, measured(HOSTILE, "release", 0.5), replace(content.records[0], skipped=HOSTILE)]
    text = latex_table(records, CHOSEN)
    n = len(list(sections(records)))
    for what in (r"\begin{table}", r"\end{table}", r"\begin{tabular}", r"\end{tabular}", r"\toprule", r"\bottomrule"):
        assert text.count(what) == n
    assert len(set(re.findall(r"\\label\{(.*?)\}", text))) == n
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%") and r"\label" not in line)
    bare = re.sub(r"\\[\\{}_%$&#]", "", body)
    assert bare.count("{") == bare.count("}")
    assert not re.findall(r"[_%$#<>]", bare)
    assert rf"\textbf{{{CHOSEN}}}".replace("_", r"\_") in text
    assert "mc\\_skipped: skipped; it needs 4 references, there are 2." in text
    for row in re.findall(r"^    \S.* & .*$", text, flags=re.MULTILINE):
        assert row.endswith(r"\\")
        assert len(re.findall(r"(?<!\\)&", row)) == 8


def test_arrays_of_different_length_are_refused():
    with pytest.raises(ValueError, match="3 scores, 2 probabilities and 3 members"):
        ScoredAttack("knn", "release", np.zeros(3), np.zeros(2), np.zeros(3, dtype=bool))
    with pytest.raises(ValueError, match="lengths"):
        PowerSeries("knn", "images", [1, 2], [0.5], [None], [None])
