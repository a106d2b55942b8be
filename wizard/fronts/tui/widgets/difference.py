"""Text of commands and differences, coloured; the signs + and - stand there for those who see no colours."""

from __future__ import annotations

import re

from textual.content import Content

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
    "keep_blob": "keeps a copy of what is in this file now, so that it can be put back",
    "put_file": "writes a file in one go: its new content (named by its checksum; see Difference), path, mode, owner",
    "put_link": "makes a symbolic link in one go: where it leads to, where it is",
    "begin_save": "makes a new file under /var/backups/wizard for data that is to be taken away, readable by root only",
    "end_save": "completes that file, and writes beside it the script that puts the data back",
    "dump_cluster": "pg_dumpall as the user postgres, into that file",
    "restore_account_file": "makes a file of /etc, such as passwd, what a copy of it is",
    "kernel_values": "prints settings of the kernel that may be changed on this server",
    "restore_kernel_values": "gives settings of the kernel the values that were printed",
    "boot_id": "prints the number that the kernel gives to each start of the computer",
    "apt_get": "apt-get without questions; it waits while another apt is at work",
    "apt_lists": "apt-get update, where the lists of packages are older than six hours",
    "if_unit": "runs a command where systemd knows this service",
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
