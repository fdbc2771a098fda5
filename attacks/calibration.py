"""The name that `attacks.difficulty_calibration` had until 0.2.0, which plug-ins may use."""

from attacks.difficulty_calibration import CALIBRATIONS, Calibration, check_calibration, mean_over

__all__ = ["CALIBRATIONS", "Calibration", "check_calibration", "mean_over"]
