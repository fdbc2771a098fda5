"""What the pages of attacks say is what the attacks say of themselves."""

from __future__ import annotations

from dataclasses import fields

import pytest

from attacks.registry import found_so_far
from harness.site.attack_words import attack_words

NAMES = sorted(found_so_far().built_in)
UNTOLD = {("secmi", "step")}  # its formula has it


@pytest.mark.parametrize("name", NAMES)
def test_every_attack_has_a_sentence_a_definition_and_a_word_on_every_option(name):
    words = attack_words(name)
    assert words is not None
    assert words.what.endswith((".", "?"))
    assert words.definition
    assert [one.name for one in words.options] == [one.name for one in fields(found_so_far().by_name[name])]
    assert {(name, one.name) for one in words.options if not one.meaning} <= UNTOLD
    assert not any(f"{one.name}: " in sentence for one in words.options for sentence in words.more)


def test_a_docstring_is_taken_apart():
    words = attack_words("pia")
    assert words is not None
    assert words.what == "Noise a candidate with the noise that the model itself sees in it, and ask again."
    assert words.definition.startswith("-log of the sum over elements of |e - eps(x_t, t)|^p")
    assert words.sources == ["Kong et al. 2023, arXiv 2305.18355."]
    assert words.more == ["Network calls a candidate: 2."]
    options = {one.name: one for one in words.options}
    assert options["timestep"][1:] == ("200", "t")
    assert options["normalization"].meaning == "of e, `none`, `code` or `paper`"
    assert options["lowpass"].default == "null"
    assert options["calibration"].meaning.startswith("Difficulty calibration")
    assert (words.access, words.learns, words.parent) == ("model", False, None)


def test_a_preset_calibration_says_whose_it_is():
    words = attack_words("knn_reg")
    assert words is not None
    assert (words.parent, words.access, words.relative) == ("knn", "references", True)
    assert words.what.startswith("`knn` regressed")


def test_nothing_is_said_of_an_attack_that_is_not_here():
    assert attack_words("of_a_plug_in") is None


def test_names_of_calibrations_are_said():
    words = attack_words("knn_cal")
    meaning = next(one.meaning for one in words.options if one.name == "calibration")
    assert "CALIBRATIONS" not in meaning
    assert "lira_reg" in meaning
