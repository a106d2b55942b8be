"""Whether the current folder is a project: then it is what is offered where a person is asked which project to set up."""

from __future__ import annotations

from pathlib import Path

SOURCE = ("project", "source")  # the question that names the project, as in the answers file


def project_here() -> str | None:
    """The current folder where it holds manage.py, or is a git work tree with one folder that does."""
    try:
        folder = Path.cwd()
        if (folder / "manage.py").is_file():
            return str(folder)
        below = [path for path in folder.glob("*/manage.py") if path.is_file()]
        return str(folder) if (folder / ".git").exists() and len(below) == 1 else None
    except OSError:  # it was removed meanwhile, or may not be read
        return None
