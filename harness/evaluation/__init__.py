"""Scores and labels in, records out: metrics, intervals, probability calibration, rules, comparison, controls."""
