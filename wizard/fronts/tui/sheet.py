"""The cheat sheet of a server that was set up: its own paths and commands, taken from the plan that made it."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.engine.plan import Plan
from wizard.journey import Journey
from wizard.operations.base import Operation
from wizard.operations.file import File
from wizard.secret import Secret


@dataclass(frozen=True)
class Sheet:
    """address: of the site, or ""; rows: (what, a path or command) by heading; secrets: by name."""

    address: str
    admin: str
    rows: dict[str, list[tuple[str, str]]]
    secrets: dict[str, Secret]


def sheet(journey: Journey, plan: Plan) -> Sheet:
    answers, session = journey.answers, journey.session
    assert answers is not None and session is not None
    operations = [op for step in plan.steps for op in step.operations]
    services = [op.identity for op in operations if op.kind == "service"]
    rows = {
        "Look": [(f"log of {name}", f"journalctl -u {name} -f") for name in services],
        "Restart": [(name, f"systemctl restart {name}") for name in services],
        "Your project": _project(operations),
        "Secrets, for root alone": [(_about(op), op.path) for op in operations if isinstance(op, File) and op.secret],
        "The wizard's own": [("journal of every change", "/var/lib/wizard/journal"),
                             ("go on, or look", f"wizard status {journey.request.target}")],
    }  # fmt: skip
    project = answers.tables.get("project", {})
    host = project.get("domain") or session.server.address
    secrets = {name: value for name, value in session.secrets.items() if value}
    secrets |= {
        f"{r}.{q}": v for r, table in answers.tables.items() for q, v in table.items() if isinstance(v, Secret) and v
    }
    admin = str(answers.tables.get("django", {}).get("superuser") or "")
    return Sheet(f"http://{host}/" if project else "", admin, {k: v for k, v in rows.items() if v}, secrets)


def _project(operations: list[Operation]) -> list[tuple[str, str]]:
    rows = [
        (op.identity.rpartition("/")[2], op.identity) for op in operations if op.kind in ("release", "data_directory")
    ]
    tools = [op.identity for op in operations if op.kind == "file" and op.identity.startswith("/usr/local/bin/")]
    return rows + [("manage.py with the site's variables", tool.rpartition("/")[2]) for tool in tools]


def _about(operation: File) -> str:
    return operation.path.rpartition("/")[2].replace("_", " ").replace(".", " ")


def markdown(sheet: Sheet, target: str, verified: list[tuple[str, str]]) -> str:
    """The sheet to keep. Secrets are not in it: it says where they are."""
    lines = [f"# {target}", ""]
    if sheet.address:
        lines += [f"Address: <{sheet.address}>", ""]
    if sheet.admin:
        lines += [f"Admin pages: <{sheet.address}admin/>, user `{sheet.admin}`", ""]
    for heading, rows in sheet.rows.items():
        lines += [f"## {heading}", "", *(f"- {what}: `{how}`" for what, how in rows), ""]
    if verified:
        lines += [
            "## What was verified",
            "",
            *(f"- {check}" + (f": {seen}" if seen else "") for check, seen in verified),
            "",
        ]
    return "\n".join(lines)
