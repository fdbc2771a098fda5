"""The stages of the method: artefacts come from the store or from jobs, scores go to the evaluator."""
