"""What goes through quoting comes out as it went in, read by the real shell."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.errors import UsageError
from wizard.operations.quoting import heredoc, nginx_string, sh, sql_identifier, sql_literal, systemd_environment

ANY = st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)
NASTY = [
    "",
    "-n",
    "$(id)",
    "`id`",
    "a'b\"c",
    "\\",
    "\n",
    "a\nb\n",
    "~",
    "*",
    "!x",
    "é ☃ 𝄞",
    "x" * 65536,
    "#",
    "%s",
    "\t",
]


def printed(script: str) -> str:
    return subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout.decode()


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY, min_size=20, max_size=20))
def test_shell_words_are_read_back_by_a_real_shell(values: list[str]) -> None:
    script = "printf '%s\\0' " + " ".join(sh(v) for v in values)
    assert printed(script).split("\0")[:-1] == values


@pytest.mark.parametrize("value", NASTY)
def test_nasty_shell_words_are_only_words(value: str) -> None:
    assert printed(f"printf %s {sh(value)}" if len(value) < 1000 else f"cat <<'E'\n{value}\nE").rstrip(
        "\n"
    ) == value.rstrip("\n")


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY, min_size=10, max_size=10))
def test_environment_lines_are_read_back_by_a_shell_that_sources_them(values: list[str]) -> None:
    lines, kept = [], []
    for i, value in enumerate(values):
        try:
            lines.append(systemd_environment(f"V{i}", value))
        except UsageError:
            continue  # a control character: refused with a reason
        kept.append((i, value))
    script = "\n".join(lines) + "\nprintf '%s\\0' " + " ".join(f'"$V{i}"' for i, _ in kept) + " end"
    assert printed(script).split("\0")[: len(kept)] == [value for _, value in kept]


@pytest.mark.parametrize(
    "refused", [lambda: sh("a\0b"), lambda: systemd_environment("A B", "x"), lambda: systemd_environment("A", "\x07"),
                lambda: sql_identifier("x" * 64), lambda: sql_identifier(""), lambda: nginx_string("$host"),
                lambda: sql_identifier("a\nb"), lambda: systemd_environment("A", "\ufffe"), lambda: sh("\udc80"),
                lambda: systemd_environment("OPTIND", "1"), lambda: systemd_environment("A", "x" * 2**17),
                lambda: nginx_string("x" * 3000), lambda: sql_literal("\ud800")],
)  # fmt: skip
def test_what_a_reader_cannot_hold_is_refused(refused: object) -> None:
    with pytest.raises(UsageError, match="cannot"):
        refused()  # type: ignore[operator]


@pytest.mark.parametrize("text", ["x\nEOF\ntouch y", "EOF", "EOF\nEOF_\n", "\n"])
def test_a_here_document_holds_its_own_end(text: str) -> None:
    assert printed(f"cat {heredoc(text)}") == f"{text}\n"


def test_a_sql_literal_stays_on_one_line() -> None:
    assert sql_literal("a\nSQL\n'\\") == " E'a\\nSQL\\n''\\\\'"
