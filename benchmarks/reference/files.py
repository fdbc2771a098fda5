"""docs/reference/files.md."""
def fields_of_files() -> str:
    """."""
    return ""
