"""The standard suites: generators of known members at several levels of leakage, the same for everybody.

`python -m benchmarks.suite list | plan NAME | run NAME | find NAME TASK --steps N | table NAME RUNS...`. A suite is a
file in `benchmarks/suites`; each of its tasks is one run of `python -m harness.run`, so what was finished is not done
again. Results say of which suite, version, task and pool they are, and only equal ones stand in a table.
"""
