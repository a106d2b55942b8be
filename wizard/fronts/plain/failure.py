"""A step failed, or the run came to a bad end: the likely cause, and what one can do. Knows nothing of how a run is made."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from wizard import private
from wizard.engine.runner import Decision
from wizard.errors import HeldError, WizardError
from wizard.fronts import report, shell
from wizard.fronts import words as words_
from wizard.fronts.causes import Cause, likely
from wizard.fronts.plain.station import Station
from wizard.fronts.plain.terminal import Back
from wizard.text import text

RETRY: dict[str, str] = {"retry": text("plain.failure.try_again")}
STEP: dict[str, str] = {
    "answers": text("plain.failure.change_answers_step"),
    "back": text("plain.failure.roll_step_back_server"),
}
ALWAYS: dict[str, str] = {
    "shell": text("plain.failure.open_shell_server_type"),
    "report": text("plain.failure.save_report_passwords_masked"),
    "stop": text("plain.failure.stop_here_go_later"),
}
UNKNOWN_SAID = text("plain.failure.last_lines_above_say")
HELD: dict[str, str] = {
    "wait": text("plain.failure.wait_until_they_done"),
    "watch": text("plain.failure.watch_they_do_change"),
    "take-over": text("plain.failure.take_over_from_them"),
}


def step_failed(at: Station, question: Decision) -> str:
    """One of the question's options, or what is to come once the run has ended: answers, back."""
    # a check's evidence, or the end of what a program printed
    reason, details = question.facts.get("reason", ""), question.facts.get("details", "")
    output = details or "\n".join(at.progress.tail)
    cause = _say_cause(at, reason, output)
    leave = {"leave-out": text("words.choice.leave_out")} if "leave-out" in question.options else {}
    choices = RETRY | leave | STEP | ALWAYS
    return _chosen(at, words_.decision(at.words, question), choices, (question.step, reason, cause, output))


def ended(at: Station, error: WizardError) -> str:
    """What to do after an error that no question was asked about: retry, wait, watch, take-over or stop."""
    at.terminal.text("\n" + words_.explain(error))
    cause = likely(error.message, error.details)
    if cause.known and not error.hint:
        at.terminal.text(cause.advice)
    choices = RETRY | (HELD if isinstance(error, HeldError) else {}) | ALWAYS
    return _chosen(at, text("plain.failure.now"), choices, ("", error.message, cause, error.details))


def _say_cause(at: Station, reason: str, output: str) -> Cause:
    cause = likely(reason, output)
    known = cause.known
    at.terminal.text(
        text("plain.failure.likely_cause", what=cause.what, advice=cause.advice) if known else f"\n{UNKNOWN_SAID}"
    )
    if cause.look:
        at.terminal.text(text("plain.failure.command_shows_more_shell"))
        at.terminal.commands(cause.look)
    return cause


def _chosen(at: Station, question: str, choices: dict[str, str], facts: tuple[str, str, Cause, str]) -> str:
    while True:
        match at.terminal.choose(question, choices, "stop"):
            case "shell":
                _shell(at)
            case "report":
                _report(at, *facts)
            case choice:
                return choice


def _shell(at: Station) -> None:
    at.terminal.text(text("plain.failure.shell_server_type_exit"))
    try:
        subprocess.run(shell.command(at.journey), check=False)
    except (OSError, WizardError):
        at.terminal.text(text("plain.failure.program_ssh_cannot_started"))
        at.terminal.commands(shell.as_typed(at.journey))


def _report(at: Station, step: str, reason: str, cause: Cause, output: str) -> None:
    save(at, "wizard-report.md", lambda path: report.text(at.journey, step, reason, cause, output))


def save(at: Station, name: str, content: Callable[[Path], str]) -> None:
    """Asks for the file's name, and writes there what `content` gives for it. `<` leaves it."""

    def write(typed: str) -> str | None:
        if not typed:
            return text("plain.failure.file_needs_name")
        path = Path(typed).expanduser()
        try:
            private.write(path, content(path))
        except OSError as error:
            return text("plain.failure.file_cannot_written", strerror=error.strerror)
        at.terminal.text(text("plain.failure.saved", path=path))
        return None

    try:
        at.terminal.ask(text("plain.failure.name_file_leaves"), name, write)
    except Back:
        at.terminal.text(text("plain.failure.nothing_saved"))
