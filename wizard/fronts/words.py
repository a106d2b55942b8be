"""Events and decisions in words: the one place where a front gets its sentences from. English; headings come from guides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wizard import events
from wizard.engine.runner import Decision
from wizard.errors import WizardError
from wizard.guide import Guide, read_guide
from wizard.recipe import Recipe


class Words:
    """Knows the guides of a journey's recipes."""

    def __init__(self, recipes: Sequence[Recipe], language: str = "en") -> None:
        self.guides: dict[str, Guide] = {r.name: read_guide(r.folder, language) for r in recipes}

    def heading(self, step: str) -> str:
        """What a step is called in its guide; its id where the recipe is not here."""
        recipe, _, name = step.partition("/")
        guide = self.guides.get(recipe)
        return guide.heading(name) if guide else step

    def question(self, recipe: str, name: str) -> str:
        guide = self.guides.get(recipe)
        return guide.questions.get(name, name.replace("_", " ")) if guide else name

    def event(self, event: events.Event) -> str | None:
        """One line for an event; None where there is nothing to say. `OutputLine` is the program's own output."""
        match event:
            case events.Connected(login, server):
                return f"Logged in as {login} ({server})."
            case events.ConnectionBroken(True):
                return "The server restarts. Waiting for it to come back …"
            case events.ConnectionBroken():
                return "The connection broke. What runs on the server goes on; trying to get back …"
            case events.Reconnected(login, seconds):
                return f"Back as {login} after {seconds:.0f} s."
            case events.ServerReplaced("gone"):
                return (
                    "This computer knows a set-up of this server, but its journal is gone: it was wiped or reinstalled."
                )
            case events.ServerReplaced("other"):
                return (
                    "The journal on this server is not the one that this computer knows: it was set up anew elsewhere."
                )
            case events.ServerReplaced():
                return "The server's journal is shorter than the one known here: an older snapshot was restored."
            case events.Recovering(step, key, undo):
                return (
                    f"An earlier run stopped in the middle of {step}: {'undoing' if undo else 'finishing'} {key} first."
                )
            case events.StepStarted(step, index, total):
                return f"[{index}/{total}] {self.heading(step)}"
            case events.FailsafeArmed(_, seconds):
                return f"Guarded: the server takes this back by itself in {seconds} s unless a new login works."
            case events.LoginProved(_, login):
                return f"A new connection as {login} works, so the change stays."
            case events.DriftFound(_, key, choice):
                return f"{key} was changed by hand: " + ("left as it is." if choice == "keep" else "put right.")
            case events.CheckPassed(_, check, seen):
                return f"✓ {check.replace('_', ' ')}" + (f": {seen}" if seen else "")
            case events.CheckFailed(_, check, seen):
                return f"✗ {check.replace('_', ' ')}" + (f": {seen}" if seen else "")
            case events.StepSkipped(_, "already-so"):
                return "already so"
            case events.StepSkipped():
                return "left out, as chosen"
            case events.CheckpointReached(step):
                return f"Checkpoint {step}."
            case events.StepFailed(_, reason):
                return f"Failed: {reason}"
            case events.Undone(_, _, key, True):
                return f"{key} stays as it is."
            case events.OutputLine(text):
                return text
        return self._change(event) or self._end(event)

    def _change(self, event: events.Event) -> str | None:
        match event:
            case events.ChangeStarted(_, _, kind, key):
                return f"{describe(kind, key)} …"
            case events.UndoStarted(_, _, kind, key):
                return f"going back: {describe(kind, key)} …"
        return None

    def _end(self, event: events.Event) -> str | None:
        match event:
            case events.RunStarted(target, _, 0):
                return f"{target}: every thing is as it should be."
            case events.RunStarted(target, steps, changes):
                return f"{target}: {changes} changes in {len(steps)} steps."
            case events.RunFinished("nothing-to-do"):
                return "Nothing is left to do: the server is as the answers say."
            case events.RunFinished("rolled-back", changes, seconds):
                return f"Rolled back: {changes} changes undone in {seconds:.0f} s."
            case events.RunFinished(_, 0, seconds):
                return f"Done: nothing had to be changed ({seconds:.0f} s)."
            case events.RunFinished(_, changes, seconds):
                return f"Done: {changes} changes in {seconds:.0f} s, each with a way back."
        return None


KINDS: dict[str, Callable[[str], str]] = {
    "file": lambda name: f"write the file {name}",
    "directory": lambda name: f"make the folder {name}",
    "symlink": lambda name: f"set the link {name}",
    "absent": lambda name: f"take away {name}",
    "packages": lambda name: f"install {name}",
    "upgrade": lambda _: "upgrade the system's packages",
    "reboot": lambda _: "restart the server",
    "user": lambda name: f"the account {name}",
    "group": lambda name: f"the group {name}",
    "service": lambda name: f"the service {name}",
    "firewall": lambda _: "the firewall's rules",
    "postgres_role": lambda name: f"the database role {name}",
    "postgres_database": lambda name: f"the database {name}",
    "release": lambda name: f"bring the project's code to {name}",
    "virtualenv": lambda name: f"install the project's Python packages into {name}",
    "migrate": lambda _: "create and update the database's tables",
    "collectstatic": lambda _: "collect the static files",
    "superuser": lambda name: f"the site's administrator {name}",
}


def describe(kind: str, key: str) -> str:
    """What a change is about, in a few words."""
    name = key.partition(":")[2]
    return KINDS[kind](name) if kind in KINDS else name.replace("_", " ").replace("-", " ")


def decision(words: Words, question: Decision) -> str:
    """A decision as a question."""
    heading, facts = words.heading(question.step), question.facts
    match question.kind:
        case "drift":
            return f"{facts['key']} was changed by hand since the wizard left it. Keep what is there, or put it right?"
        case "point_of_no_return":
            return f"“{heading}” cannot be undone. Go on with it?"
        case _:
            return f"“{heading}” failed: {facts.get('reason', '')}. Try again?"


def explain(error: WizardError) -> str:
    """An error for a person: what could not be done, what was seen, what to do next."""
    lines = [error.message[:1].upper() + error.message[1:] + "."]
    if error.details:
        lines += ["", *("  " + line for line in error.details.splitlines()[-25:]), ""]
    if error.hint:
        lines.append("Next: " + error.hint)
    return "\n".join(lines)


def as_json(words: Words, event: events.Event) -> dict[str, Any]:
    """An event for programs, with its sentence as `words` where there is one."""
    data = event.to_json()
    if not isinstance(event, events.OutputLine) and (line := words.event(event)):
        data["words"] = line
    return data
