"""Real small project trees, written for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

Tree = Callable[..., Path]
MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "%s")\n'
WSGI = MANAGE + "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Writes files, path by text or bytes, and gives their folder."""

    def write(files: dict[str, str | bytes]) -> Path:
        top = tmp_path / "source"
        for path, content in files.items():
            file = top / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
        return top

    return write


@pytest.fixture
def project(tree: Tree) -> Tree:
    """A project with these settings in site1/settings.py, and whatever more."""

    def write(settings: str | bytes, more: dict[str, str | bytes] | None = None) -> Path:
        files: dict[str, str | bytes] = {
            "manage.py": MANAGE % "site1.settings",
            "site1/__init__.py": "",
            "site1/settings.py": settings,
            "site1/wsgi.py": WSGI % "site1.settings",
        }
        return tree(files | (more or {}))

    return write
