"""The sentences of results that name nothing but attacks and numbers, as patterns; `<label>` is a row's name.

One that is changed where it is made, and not here, stays out of copies: a test of whole runs says so.
"""

from __future__ import annotations

import re

from harness.experiment import planted
from harness.experiment.sound_releases import NOBODY
from harness.planning import member_only
from shadow_models.registry import HERE, built_in

_N = r"\d+"
_OURS = "|".join((*built_in(), *HERE))  # families: the name of a plug-in's may be anybody's
_X = r"-?\d+(?:\.\d+)?"
_SKIPPED = (
    r"it needs the generator's model, and this target gives only released images\.",
    r"it needs gradients by the generator's weights, and this model answers without showing them\.",
    r"it asks (?:a discriminator for its score|a denoiser for noise), and (?:this target|a reference)'s generator"
    rf"(?: \((?:{_OURS})\))? gives (?:only images|a discriminator|a denoiser)\.",
    r"it needs reference releases, and this target has none\.",
    r"a candidate was a member of every reference, so nothing calibrates it\.",
    r"it is calibrated by the models of other generators, and the references give only releases\.",
    rf"its calibration takes {_N} references without and {_N} with each candidate, where some candidate has {_N} and "
    rf"{_N}; plan a larger shadow\.count\.",
)
_ANY_SKIPPED = "|".join(_SKIPPED)
_PART = rf"its part [a-z0-9_]{{1,40}} cannot run: (?:{_ANY_SKIPPED})"
_FAULTS = "|".join(
    (
        rf"are black: no pixel is above {_N} of 255",
        rf"are of one grey: they spread by less than {_X} of 255 grey levels",
        rf"are noise: neighbouring pixels correlate by less than {_X}, as in no slice",
        r"repeat another one of them, pixel for pixel",
        rf"repeat another one of them but for less than {_X} grey levels",
        rf"are one picture but for grain: they correlate with their mean by {_X} or more",
    )
)
_ONE = rf"{_N} of {_N} released images (?:{_FAULTS})\."
_FAULTY = rf"{_ONE}(?: {_ONE})*"
SENTENCES = (
    # why an attack did not run
    *_SKIPPED,
    _PART,
    rf"it is fitted on shadows, where (?:{_ANY_SKIPPED}|{_PART}) Plan shadow\.count=6, or 8 where a calibration "
    r"takes two references on either side\.",
    r"the decision rule [a-z0-9_]{1,40} does not apply to it\.",
    re.escape(member_only.TOO_FEW),
    re.escape(planted.TOO_FEW),
    # why there is no number, and what intervals resample
    rf"n too small: {_N} non-members",
    r"undefined on these rows",
    r"no interval: undefined without some pair of shadows",
    r"no resample had both classes",
    r"no decision: the rule does not apply to this attack",
    r"no interval",
    r"pairs of shadows, then patients",
    r"patients",
    r"true and false positive rate do not differ",
    r"no fixed scale: <label> sets every score against those of the other candidates, so that its rates hang on the "
    r"fraction used",
    r"no fixed threshold: the rule [a-z0-9_]{1,40} takes its own from the judged candidates, so that its rates need "
    r"not be the shadows'; rules with a fixed one are [a-z0-9_, ]{1,80}",
    r"coin throws",
    rf"{_N} draws of labels",
    # what a choice remarks
    r"No attack that can face the test release was both above chance and within a factor 2 of its nominal false "
    r"positive rate on the shadows; this is only the one with the lowest Brier score\.",
    r"No attack has a value of (?:AUC|TPR at 10 % FPR|F1) here; this is only the first\.",
    # why nobody can be called
    rf"The test release is not what a generator of slices gives: {_FAULTY} {re.escape(NOBODY)}",
    rf"{_N} of {_N} shadows release what no generator of slices gives, so nothing was learnt from them\. "
    rf"Of the first: {_FAULTY} {re.escape(NOBODY)} Train longer \(shadow\.steps\), or look at the slices\.",
    # alarms
    r"The control (?:(?:wrong_target|member_only|shuffled labels): <label>|<label>|pictures alone) "
    rf"\((?:shadow|dev|test)\) has an AUC of {_X}, and an interval, widened for the number of controls, "
    rf"of \[{_X}, {_X}\] that leaves out 0\.5: "
    r"what it looks at has no part in who was used, and still tells\. No number of this report is to be trusted\.",
    rf"The plan \((?:test|dev)(?:, via surrogates)?\) leaks: shadow {_N} (?:or its complement is (?:among the "
    r"references it is judged with|among the shadows that its attacks are fitted on|a reference of a shadow that its "
    r"attacks are fitted on)|has candidates with more references than others that held them)\.",
)
