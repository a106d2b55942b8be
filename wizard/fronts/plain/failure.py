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

RETRY = {"retry": "try again"}
STEP = {
    "answers": "change the answers of this step",
    "back": "roll this step back: the server is then as it was at the last checkpoint",
}
ALWAYS = {
    "shell": "open a shell on the server, to type commands there yourself; `exit` comes back here",
    "report": "save a report, with passwords masked, for somebody who can help",
    "stop": "stop here, and go on later",
}
UNKNOWN_SAID = "The last lines above say what went wrong. Read them, mend the cause (open a shell), then try again."
HELD = {
    "wait": "wait until they are done, then go on",
    "watch": "watch what they do, and change nothing from here",
    "take-over": "take over from them: their run stops before its next change",
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
    return _chosen(at, "What now?", choices, ("", error.message, cause, error.details))


def _say_cause(at: Station, reason: str, output: str) -> Cause:
    cause = likely(reason, output)
    known = cause.known
    at.terminal.text(f"\nLikely cause: {cause.what}\n{cause.advice}" if known else f"\n{UNKNOWN_SAID}")
    if cause.look:
        at.terminal.text("This command shows more, in a shell on the server:")
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
    at.terminal.text("\nA shell on the server. Type exit to come back here.")
    try:
        subprocess.run(shell.command(at.journey), check=False)
    except (OSError, WizardError):
        at.terminal.text("The program ssh cannot be started here. Open another terminal, and type:")
        at.terminal.commands(shell.as_typed(at.journey))


def _report(at: Station, step: str, reason: str, cause: Cause, output: str) -> None:
    save(at, "wizard-report.md", lambda path: report.text(at.journey, step, reason, cause, output))


def save(at: Station, name: str, text: Callable[[Path], str]) -> None:
    """Asks for the file's name, and writes there what `text` gives for it. `<` leaves it."""

    def write(typed: str) -> str | None:
        if not typed:
            return "a file needs a name"
        path = Path(typed).expanduser()
        try:
            private.write(path, text(path))
        except OSError as error:
            return f"the file cannot be written ({error.strerror})"
        at.terminal.text(f"Saved as {path}.")
        return None

    try:
        at.terminal.ask("Name of the file (< leaves it)", name, write)
    except Back:
        at.terminal.text("Nothing was saved.")
