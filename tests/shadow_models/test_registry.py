"""Families of generators by name: none is imported unasked, none takes another with it, and ours win."""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from importlib.metadata import EntryPoint

import pytest

from shadow_models import registry
from shadow_models.recipe import Recipe

FAMILY = """
from dataclasses import dataclass
from shadow_models.recipe import Recipe
from shadow_models.registry import register
@register({name!r})
@dataclass(frozen=True)
class Theirs(Recipe):
    def train(self, members, training):
        raise NotImplementedError
    def load(self, folder, device):
        raise NotImplementedError
"""
NAMES = ("tried_one", "tried_two", "tried_three")


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """`packages(name=code, ...)`: each a module `name_of_others` that its entry point `name` offers."""
    registry.find_family(registry.DEFAULT)
    ours = {n: one for n, one in registry._registered.items() if one.__module__.startswith("shadow_models.families.")}
    monkeypatch.setattr(registry, "_registered", ours)
    monkeypatch.syspath_prepend(tmp_path)
    points: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda group: [one for one in points if one.group == group])

    def install(**codes: str) -> list[EntryPoint]:
        for name, code in codes.items():
            (tmp_path / f"{name}_of_others.py").write_text(code)
            points.append(EntryPoint(name, f"{name}_of_others", registry.GROUP))
        return points

    yield install
    for name in NAMES:
        sys.modules.pop(f"{name}_of_others", None)


def imported() -> set[str]:
    return {name for name in NAMES if f"{name}_of_others" in sys.modules}


def test_names_are_those_of_files_and_importing_none():
    code = (
        "import sys; from shadow_models.registry import built_in, family_names; print(*family_names()); "
        "print(*sorted(m for m in sys.modules if m == 'torch' or m.startswith('shadow_models.families.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names, modules = done.stdout.split("\n")[:2]
    assert names.split()[: len(registry.built_in())] == list(registry.built_in())
    assert names.split()[0] == registry.DEFAULT
    assert modules == ""


@pytest.mark.parametrize("name", registry.built_in())
def test_every_file_registers_the_family_of_its_name(name):
    family = registry.find_family(name)
    assert issubclass(family, Recipe)
    assert (family.name, family.__module__) == (name, f"shadow_models.families.{name}")
    assert registry.find_family(name) is family


def test_plug_ins_are_named_after_ours_and_imported_where_they_are_asked_for(packages):
    packages(**{name: FAMILY.format(name=name) for name in NAMES})
    assert registry.family_names() == (*registry.built_in(), *sorted(NAMES))
    registry.find_family(registry.DEFAULT)
    assert imported() == set()
    family = registry.find_family("tried_two")
    assert (family.name, family.__module__) == ("tried_two", "tried_two_of_others")
    assert imported() == {"tried_two"}
    assert registry.find_family("tried_two") is family


def test_an_entry_point_may_name_the_class(packages):
    points = packages(tried_one=FAMILY.format(name="tried_one"))
    points[:] = [EntryPoint("tried_one", "tried_one_of_others:Theirs", registry.GROUP)]
    assert registry.find_family("tried_one").__name__ == "Theirs"


def test_an_unknown_name_is_answered_with_those_there_are(packages):
    packages(tried_one=FAMILY.format(name="tried_one"))
    with pytest.raises(
        registry.UnknownFamilyError, match=r"^There is no generator 'dcd'; there are dct.*tried_one\.$"
    ):
        registry.find_family("dcd")
    assert imported() == set()


@pytest.mark.parametrize("name", ["../dct", "shadow_models.families.dct", "", "__init__", "a\x1b[31m"])
def test_what_is_no_name_is_unknown(packages, name):
    packages()
    with pytest.raises(registry.UnknownFamilyError, match="There is no generator"):
        registry.find_family(name)


FAILURES = {
    "an error": ("raise RuntimeError('it broke')", "RuntimeError: it broke"),
    "exit": ("import sys\nsys.exit('it broke')", "SystemExit: it broke"),
    "one that is like Ctrl-C": ("class Loud(KeyboardInterrupt): pass\nraise Loud('it broke')", "it broke"),
    "a slip": ("def broken(:", "SyntaxError"),
    "nothing of that name": ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
    "one of our names": (
        FAMILY.format(name="dct"),
        "The generator name 'dct' of tried_one_of_others.Theirs is a built-in",
    ),
    "a name that is none": (FAMILY.format(name="a[b]"), "A generator's name has a small letter first"),
}


@pytest.mark.parametrize(("code", "why"), FAILURES.values(), ids=FAILURES)
def test_one_that_fails_disables_itself_alone_and_says_why(packages, code, why):
    before = warnings.filters[:]
    packages(tried_one=FAMILY.format(name="half_done") + code, tried_two=FAMILY.format(name="tried_two"))
    with pytest.raises(registry.UnknownFamilyError) as caught:
        registry.find_family("tried_one")
    assert str(caught.value).startswith("The generator 'tried_one' of a plug-in could not be imported: ")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(registry.UnknownFamilyError, match="There is no generator"):
        registry.find_family("half_done")
    assert registry.find_family("tried_two").name == "tried_two"
    assert registry.find_family("dct").__module__ == "shadow_models.families.dct"
    assert warnings.filters == before


def test_one_that_registers_another_name_is_not_there(packages):
    packages(tried_one=FAMILY.format(name="something_else"))
    with pytest.raises(registry.UnknownFamilyError, match="registers no generator of that name"):
        registry.find_family("tried_one")


def test_ctrl_c_is_still_one(packages):
    packages(tried_one="raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        registry.find_family("tried_one")


def test_ours_win_and_of_two_plug_ins_the_first(packages):
    points = packages(tried_one=FAMILY.format(name="tried_one"), tried_two=FAMILY.format(name="tried_one"))
    points[:] = [
        EntryPoint(name, f"tried_{module}_of_others", registry.GROUP)
        for name, module in (("dct", "one"), ("tried_one", "two"), ("tried_one", "one"), ("No Name", "one"))
    ]
    taken, refused = registry.plug_ins()
    assert {name: point.value for name, point in taken.items()} == {"tried_one": "tried_one_of_others"}
    assert "built-in generator's, which wins" in refused["dct"]
    assert len(refused) == 3
    assert all(why.endswith(".") for why in refused.values())
    assert registry.find_family("dct").__module__ == "shadow_models.families.dct"
    assert imported() == set()


def test_a_module_that_is_imported_again_is_no_clash_and_another_class_is(packages):
    packages(tried_one=FAMILY.format(name="tried_one"))
    first = registry.find_family("tried_one")
    importlib.reload(sys.modules["tried_one_of_others"])
    assert registry.find_family("tried_one") is not first
    with pytest.raises(
        ValueError, match=r"'tried_one' of .* is taken by tried_one_of_others\.Theirs; choose another"
    ):
        registry.register("tried_one")(type("Other", (first,), {}))


def test_a_name_of_ours_is_taken_before_its_file_is_imported(packages):
    packages(tried_one=FAMILY.format(name="tried_one") + FAMILY.format(name="dct"))
    del registry._registered["dct"]
    with pytest.raises(registry.UnknownFamilyError, match=r"'dct' of tried_one_of_others\.Theirs is a built-in"):
        registry.find_family("tried_one")
    assert "dct" not in registry._registered


@pytest.mark.parametrize("name", ["", "Dct", "a[b]", "../a", "a b", "a.b", "ä", "_a", "1a", "a\n", "a" * 65])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="name"):
        registry.register(name)


def test_an_entry_point_that_registers_nothing_is_said_to(packages):
    packages(tried_one="")
    with pytest.raises(registry.UnknownFamilyError, match="registers no generator of that name"):
        registry.find_family("tried_one")


def test_what_is_no_recipe_is_no_family(packages):
    packages(tried_one="from shadow_models.registry import register\n@register('tried_one')\nclass Slip: pass\n")
    with pytest.raises(registry.UnknownFamilyError, match=r"Slip is registered .* but is no Recipe"):
        registry.find_family("tried_one")
