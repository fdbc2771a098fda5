"""What every family of generators must do, whoever wrote it.

`pytest --pyargs shadow_models.conformance --generator NAME` trains `Recipe.tiny` and `Recipe.overfits` of the family
on toy slices, on the CPU, in seconds. Each test says in its docstring what it asks for; `docs/adding-a-generator.md`
has the list. A family that by its nature cannot pass a test says so in `Recipe.excused` (`excuses.py`).
"""
