from __future__ import annotations

import pytest

from harness.config.slurm_options import SlurmLaunch
from harness.errors import InputError


@pytest.mark.parametrize(
    ("time", "minutes"),
    [
        ("90", 90),
        ("90:01", 91),
        ("2:00:00", 120),
        ("0:30:59", 31),
        ("1-0", 1440),
        ("1-2:30", 1590),
        ("1-02:30:01", 1591),
    ],
)
def test_times_are_read_as_sbatch_reads_them(time, minutes):
    options = SlurmLaunch(time=time)
    options.check()
    assert options.minutes == minutes


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"time": "soon"}, r"launch\.time='soon' must be minutes, or a time as \[D-\]H:M:S\.$"),
        ({"time": "1:2:3:4"}, r"launch\.time='1:2:3:4' must be"),
        ({"time": "2", "notice_seconds": 90}, r"launch\.time=2 leaves a job less than a minute before .*=90 tells"),
        ({"partition": "a b"}, r"launch\.partition='a b' must be a name"),
        ({"account": "x\n#SBATCH --wrap=y"}, r"launch\.account=.* must be a name"),
        ({"cpus": 0}, r"launch\.cpus=0 must be 1 or more\."),
        ({"gpus": -1}, r"launch\.gpus=-1 must be 0 or more\."),
        ({"array": 0}, r"launch\.array=0 must be 1 or more\."),
        ({"workers": 0}, r"launch\.workers=0 must be 1 or more\."),
        ({"requeues": -1}, r"launch\.requeues=-1 must be 0 or more\."),
        ({"memory_gib": 0.0}, r"launch\.memory_gib=0\.0 must be a number of GiB above 0\."),
        ({"memory_gib": float("nan")}, r"launch\.memory_gib=nan must be"),
        ({"takes": "training"}, r"launch\.takes.*training.*trainings"),
        ({"sbatch": ["-p gpu"]}, r"launch\.sbatch='-p gpu' must be a long option of sbatch, such as"),
        ({"sbatch": ["--qos=long\n--wrap=x"]}, r"launch\.sbatch=.* must be a long option"),
        ({"sbatch": ["--time=5"]}, r"launch\.sbatch='--time=5' is set by launch\.time\."),
        ({"sbatch": ["--signal=USR1@3"]}, r"is set by launch\.notice_seconds\."),
        ({"setup": ["a\nb"]}, r"launch\.setup='a\\nb' must be one line of shell\."),
        ({"checkpoint_seconds": -1.0}, r"launch\.checkpoint_seconds=-1\.0 must be"),
    ],
)
def test_what_sbatch_would_not_take_is_refused_in_a_sentence(options, told):
    with pytest.raises(InputError, match=told):
        SlurmLaunch(**options).check()


def test_further_options_of_sbatch_are_read_by_name():
    options = SlurmLaunch(sbatch=["--qos=long", "--exclusive", "--constraint=a100|h100"])
    options.check()
    assert options.further_options() == {"qos": "long", "exclusive": True, "constraint": "a100|h100"}
