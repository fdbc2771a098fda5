"""Three functions for programs and notebooks: attack a release, evaluate scores, audit a release.

    from harness.library import attack, audit, evaluate

They are the thin face of what the commands call. Mistakes are `harness.errors.InputError`, each a sentence; what was
read otherwise than given is a `harness.errors.HarnessWarning`.
"""

from harness.library.attacking import ScoreTable, attack
from harness.library.auditing import AuditResult, audit
from harness.library.evaluating import MetricTable, evaluate

__all__ = ["AuditResult", "MetricTable", "ScoreTable", "attack", "audit", "evaluate"]
