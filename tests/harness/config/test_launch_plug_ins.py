"""Launchers of other packages: found by name, imported where they are named, and told in a sentence what is wrong."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest

from harness.config import launch_plug_ins
from harness.config.settings import composed
from harness.errors import InputError
from harness.jobs.launchers.making import make_launcher

GOOD = """
from dataclasses import dataclass
from harness.config.launch_options import LaunchOptions
from harness.jobs.launchers.local import LocalLauncher

@dataclass
class Mine(LaunchOptions):
    name: str = "mine"
    machines: int = 3

    def launcher(self, device):
        return LocalLauncher(self.machines, device, self.checkpoint_seconds)
"""


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """`offer(code, name)`: a package that offers the class `Mine` of a module as a launcher."""
    monkeypatch.syspath_prepend(tmp_path)
    points = []
    monkeypatch.setattr(launch_plug_ins, "entry_points", lambda group: points)

    def add(code: str, name: str = "mine") -> None:
        (tmp_path / "launcher_of_others.py").write_text(code)
        points.append(EntryPoint(name, "launcher_of_others:Mine", launch_plug_ins.GROUP))

    yield add
    sys.modules.pop("launcher_of_others", None)


def test_a_launcher_of_another_package_is_chosen_by_name_and_has_its_own_options(offer):
    offer(GOOD)
    settings = composed(["launch=mine", "launch.machines=5", "launch.checkpoint_seconds=7"])
    launcher = make_launcher(settings.launch, "cpu")
    assert launcher.at_a_time == 5
    assert settings.echo["launch"] == {
        "name": "mine",
        "checkpoint_seconds": 7.0,
        "shard_images": None,
        "machines": 5,
    }


def test_it_is_imported_only_where_it_is_named(offer):
    offer("raise RuntimeError('imported')")
    assert composed([]).launch.name == "local"
    assert "launcher_of_others" not in sys.modules


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise RuntimeError('no scheduler here')", "could not be imported: RuntimeError: no scheduler here"),
        ("Mine = 3", "is no dataclass below LaunchOptions"),
        (
            GOOD.replace("machines: int = 3", "machines: int = 3\n    def __post_init__(self):\n        1 / 0"),
            "ZeroDiv",
        ),
        (GOOD.replace("def launcher", "def launch"), "needs name='mine' and a method launcher"),
        (GOOD.replace('"mine"', '"yours"'), "needs name='mine' and a method launcher"),
    ],
)
def test_one_that_cannot_be_used_is_a_sentence(offer, code, told):
    offer(code)
    with pytest.raises(InputError, match=told):
        composed(["launch=mine"])


def test_built_in_names_win(offer):
    offer(GOOD, "local")
    assert launch_plug_ins.plug_ins() == {}
    assert composed(["launch=local"]).launch.name == "local"


def test_an_unknown_launcher_is_told_those_there_are():
    with pytest.raises(InputError, match=r"rai.*ray"):
        composed(["launch=rai"])
