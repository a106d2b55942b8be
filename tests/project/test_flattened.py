"""A requirements file and what it includes, as one, without the packages that others take the place of."""

from __future__ import annotations

from pathlib import Path

from tests.project.conftest import Tree
from wizard.project.flattened import flattened


def test_files_become_one_without_these_packages(tree: Tree) -> None:
    top: Path = tree({
        "requirements/production.txt": "-r base.txt\n--requirement=../more.txt\n-c limits.txt\nPsycopg2_Binary == 2.8.6 # old\n",
        "requirements/base.txt":
            "Django==2.2 \\\n    --hash=sha256:aa \\\n    --hash sha256:bb\n\npsycopg2-binary-extra\n-r production.txt\n",
        "more.txt": "--index-url https://index.example.org/simple\ngit+https://git.example.org/a.git#egg=a\npsycopg2-binary[x]>2\n",
        "requirements/limits.txt": "six<2\n",
    })  # fmt: skip
    assert flattened(top / "requirements/production.txt", {"psycopg2-binary"}) == [
        "Django==2.2", "psycopg2-binary-extra", "--index-url https://index.example.org/simple",
        "git+https://git.example.org/a.git#egg=a", f"--constraint {top / 'requirements/limits.txt'}",
    ]  # fmt: skip


def test_utf16_of_a_shell_on_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("Django\nsix\n", encoding="utf-16")
    assert flattened(tmp_path / "r.txt", {"six"}) == ["Django"]
