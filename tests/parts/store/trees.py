"""A folder as the tests of the store see it."""


def tree(root):
    """Every file below a folder with its content."""
    found = (file for file in root.rglob("*") if file.is_file() and not file.is_symlink())
    return {str(file.relative_to(root)): file.read_bytes() for file in found}
