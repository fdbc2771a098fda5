"""Attacks of other packages: none runs unasked, none takes another with it, and names are names."""

from __future__ import annotations

import sys
import warnings
from importlib.metadata import EntryPoint

import pytest

from attacks import plug_ins, registry
from attacks.stack import Stack

ATTACK = """
from attacks.base import Access, Attack
from attacks.registry import register
@register({name!r})
class Outsider(Attack):
    needs = Access.RELEASE
    def _score(self, target):
        return None
"""
NAMES = ("tried_one", "tried_two", "tried_three")


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """`packages(name=code, ...)`: each a module `name_of_others` that its entry point `name` offers."""
    found = {
        name: cls for name, cls in registry.find_attacks().by_name.items() if cls.__module__.startswith("attacks")
    }
    monkeypatch.setattr(registry, "_registered", dict(found))
    monkeypatch.syspath_prepend(tmp_path)
    points = []
    monkeypatch.setattr(plug_ins, "entry_points", lambda group: points)
    registry.found_so_far.cache_clear()

    def install(**codes: str) -> None:
        for name, code in codes.items():
            (tmp_path / f"{name}_of_others.py").write_text(code)
            points.append(EntryPoint(name, f"{name}_of_others", plug_ins.GROUP))

    yield install
    registry.found_so_far.cache_clear()
    for name in NAMES:
        sys.modules.pop(f"{name}_of_others", None)


def imported() -> set[str]:
    return {name for name in NAMES if f"{name}_of_others" in sys.modules}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], set()),
        (["knn", "ssim_lira"], set()),
        (["knn", "tried_two"], {"tried_two"}),
        (["all"], set(NAMES)),
        (["model"], set(NAMES)),
        (["no_such_attack"], set(NAMES)),
        (None, set(NAMES)),
    ],
    ids=["none", "built-in", "one", "a group", "another group", "unknown", "all"],
)
def test_only_what_the_names_need_is_imported(packages, asked, expected):
    packages(**{name: ATTACK.format(name=name) for name in NAMES})
    found = registry.find_attacks(asked)
    assert imported() == expected
    assert expected <= set(found.by_name)
    assert list(found.by_name) == sorted(found.by_name)
    assert not found.broken


def test_an_attack_that_no_entry_point_is_named_after_is_found_all_the_same(packages):
    packages(tried_one=ATTACK.format(name="tried_one") + "from attacks.registry import calibrated\n", tried_two="")
    (cls,) = [registry.find_attacks(["tried_one"]).by_name["tried_one"]]
    packages(tried_three=ATTACK.format(name="of_another_name"))
    assert registry.find_attacks(["of_another_name"]).by_name["of_another_name"].__module__ == "tried_three_of_others"
    assert registry.find_attacks().by_name["tried_one"] is cls  # imported once


def test_a_part_of_a_stack_imports_its_own_plug_in_only(packages):
    observing = ATTACK.format(name="tried_one").replace("class Outsider(Attack)", "class Outsider(NearestNeighbour)")
    packages(tried_one="from attacks.knn import NearestNeighbour\n" + observing, tried_two="")
    assert [part.name for part in Stack(parts={"tried_one": {}}).observers()] == ["tried_one"]
    assert imported() == {"tried_one"}


FAILURES = {
    "an error": "raise RuntimeError('it broke')",
    "exit": "import sys\nsys.exit('it broke')",
    "exit without a word": "raise SystemExit",
    "a base exception": "class Loud(BaseException): pass\nraise Loud('it broke')",
    "one that is like Ctrl-C": "class Loud(KeyboardInterrupt): pass\nraise Loud('it broke')",
    "the end of a generator": "raise GeneratorExit('it broke')",
    "warnings that are errors": "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('it broke')",
    "a slip": "def broken(:",
    "too deep": "def f(): f()\nf()",
    "a taken name": "from attacks.knn import NearestNeighbour\n" + ATTACK.format(name="knn"),
    "a group's name": ATTACK.format(name="all"),
    "a name that is none": ATTACK.format(name="a[b]"),
}


@pytest.mark.parametrize("code", FAILURES.values(), ids=FAILURES)
def test_one_that_fails_disables_itself_alone_and_says_why(packages, code):
    before = warnings.filters[:]
    packages(tried_one=ATTACK.format(name="half_done") + code, tried_two=ATTACK.format(name="tried_two"))
    found = registry.find_attacks()
    assert set(found.broken) == {"tried_one"}
    assert found.broken["tried_one"].strip().splitlines()[-1]
    assert {"knn", "tried_two"} <= set(found.by_name)
    assert found.by_name["knn"].__module__ == "attacks.knn"
    assert not {"half_done", "all", "a[b]"} & set(found.by_name)
    assert warnings.filters == before


def test_one_that_failed_is_not_tried_again(packages, tmp_path):
    write = "import pathlib\npathlib.Path(__file__).with_name('count').open('a').write('x')\n"
    packages(tried_one=write + "raise SystemExit")
    for names in (["tried_one"], None, ["tried_one"], ["all"]):
        registry.find_attacks(names)
    assert (tmp_path / "count").read_text() == "x"


def test_ctrl_c_is_still_one(packages):
    packages(tried_one="raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        registry.find_attacks()


def test_a_storm_of_warnings_is_not_shown(packages, recwarn):
    storm = "import warnings\nfor i in range(5000): warnings.warn(f'number {i}')\n"
    packages(tried_one=storm + ATTACK.format(name="tried_one"))
    assert "tried_one" in registry.find_attacks().by_name
    assert not recwarn.list


@pytest.mark.parametrize(
    "name",
    ["", "Knn", "a[b]", "a/b", "../a", "a b", "a.b", "ä", "_a", "1a", "a\x1b[31m", "a\n", "a" * 65, "all", "model"],
)
def test_a_name_that_is_none_is_refused_and_nothing_is_imported(packages, monkeypatch, name):
    packages(tried_one=ATTACK.format(name="tried_one"))
    monkeypatch.setattr(plug_ins, "entry_points", lambda group: [EntryPoint(name, "tried_one_of_others", group)])
    found = registry.find_attacks()
    assert not imported()
    ((key, why),) = found.broken.items()
    assert why.endswith(".")
    assert (key + why).isprintable()
    with pytest.raises(ValueError, match="name"):
        registry.register(name)


def test_a_built_in_wins_and_of_two_plug_ins_the_first(packages, monkeypatch):
    packages(tried_one=ATTACK.format(name="tried_one"), tried_two=ATTACK.format(name="tried_one"))
    points = [("knn", "one"), ("tried_one", "two"), ("tried_one", "one")]
    points = [EntryPoint(name, f"tried_{module}_of_others", plug_ins.GROUP) for name, module in points]
    monkeypatch.setattr(plug_ins, "entry_points", lambda group: points)
    found = registry.find_attacks()
    assert imported() == {"tried_one"}
    assert found.by_name["tried_one"].__module__ == "tried_one_of_others"
    assert "built-in" in found.broken["knn"]
    assert len(found.broken) == 2


def test_no_built_in_breaks_the_rule():
    for name in registry.found_so_far().built_in:
        plug_ins.check_name(name)
