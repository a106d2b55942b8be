"""No module imports itself by way of others: not at the top, not inside a function, not for types alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

Graph = dict[str, set[str]]

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "wizard" / "practice" / "sample_project"  # a Django project of its own


def modules(folder: Path) -> dict[str, ast.Module]:
    """The Python modules below a package's folder, by their full names."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        if SAMPLE in path.parents:
            continue
        parts = list(path.relative_to(folder.parent).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(trees: dict[str, ast.Module]) -> Graph:
    """What each module imports of the others, wherever in it the import stands."""
    graph: Graph = {name: set() for name in trees}
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                members = [f"{node.module}.{alias.name}" for alias in node.names]
                named = [member if member in trees else node.module for member in members]
            else:
                continue
            graph[name] |= {one for one in named if one in trees} - {name}
    return graph


def circle(graph: Graph) -> list[str]:
    """The modules of one circle, in the order of their imports; empty where there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])


def test_no_module_of_the_program_imports_itself_by_way_of_others() -> None:
    graph = imports(modules(ROOT / "wizard"))
    assert len(graph) > 100
    assert not circle(graph), " → ".join(circle(graph))


@pytest.mark.parametrize(
    "line",
    ["from house import one", "import house.one", "def f():\n    from house.one import x",
     "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.one import x"],
)  # fmt: skip
def test_a_circle_is_found_wherever_the_import_stands(tmp_path: Path, line: str) -> None:
    (house := tmp_path / "house").mkdir()
    (house / "__init__.py").write_text("")
    (house / "one.py").write_text("from house.two import y\n")
    (house / "two.py").write_text("from house import three\n")
    (house / "three.py").write_text(line + "\n")
    assert circle(imports(modules(house))) == ["house.one", "house.two", "house.three", "house.one"]
