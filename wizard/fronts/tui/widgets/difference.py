"""Text of commands and differences, coloured; the signs + and - stand there for those who see no colours."""

from __future__ import annotations

import re

from textual.content import Content

from wizard.text import text

STYLES = (
    ("+++", "$foreground 60%"),
    ("---", "$foreground 60%"),
    ("+", "$success"),
    ("-", "$error"),
    ("@@", "$secondary"),
)


def coloured(difference: str) -> Content:
    """A unified difference, or the two states of something, a colour a line."""
    lines = []
    for line in difference.splitlines():
        style = next((style for sign, style in STYLES if line.startswith(sign)), "")
        lines.append(Content.styled(line, style) if style else Content(line))
    return Content("\n").join(lines)


# the functions of wizard/engine/remote/prelude.sh that commands are written with
MEANINGS = {
    "keep_blob": text("tui.difference.keeps_copy_file_now"),
    "put_file": text("tui.difference.writes_file_one_go"),
    "put_link": text("tui.difference.makes_symbolic_link_one"),
    "write_whole": text("tui.difference.writes_file_whole"),
    "begin_save": text("tui.difference.makes_new_file_under"),
    "end_save": text("tui.difference.completes_file_writes_beside"),
    "dump_cluster": text("tui.difference.pg_dumpall_user_postgres"),
    "restore_account_file": text("tui.difference.makes_file_etc_such"),
    "kernel_values": text("tui.difference.prints_settings_kernel_may"),
    "restore_kernel_values": text("tui.difference.gives_settings_kernel_values"),
    "boot_id": text("tui.difference.prints_number_kernel_gives"),
    "apt_get": text("tui.difference.apt_get_without_questions"),
    "apt_lists": text("tui.difference.apt_get_update_where"),
    "if_unit": text("tui.difference.runs_command_where_systemd"),
}


def commands(script: str) -> Content:
    """Shell commands, as one would type them; those that no manual explains are explained below."""
    lines = [
        Content.assemble(("$ ", "$accent"), line) if not line.startswith((" ", "\t", "}")) else Content(f"  {line}")
        for line in script.splitlines()
    ]
    used = [name for name in MEANINGS if re.search(rf"\b{name}\b", script)]
    return Content("\n").join(
        [*lines, *(Content.styled(f"{name}: {MEANINGS[name]}", "$foreground 70%") for name in used)]
    )
