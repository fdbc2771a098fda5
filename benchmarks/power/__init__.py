"""How well attacks do: figures that the project promises, printed by a command."""
