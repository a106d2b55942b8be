"""Events and decisions in words: the one place where a front gets its sentences from. English; headings come from guides."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from wizard import events
from wizard.engine.runner import Decision
from wizard.errors import UnfitProject, WizardError
from wizard.fronts.findings import problem
from wizard.guide import Guide, read_guide
from wizard.project.found import Problem
from wizard.recipe import Recipe
from wizard.secret import SECRETS_FOLDER


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
        """What is asked, from the guide, as a sentence; its name where no guide has it."""
        guide = self.guides.get(recipe)
        text = guide.questions.get(name) if guide else None
        if text is None:
            return name.replace("_", " ")
        return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")

    def event(self, event: events.Event) -> str | None:
        """One line for an event; None where there is nothing to say. `OutputLine` is the program's own output."""
        sentence = SENTENCES.get(type(event))
        return sentence(self, event) if sentence else None


REPLACED = {
    "gone": "This computer knows a set-up of this server, but its journal is gone: it was wiped or reinstalled. "
    "There is nothing to go back from; a set-up starts from the beginning.",
    "other": "The journal on this server is not the one that this computer knows: it was set up anew elsewhere. "
    "What counts is what is there now.",
    "older": "The server's journal is shorter than the one known here: an older snapshot was restored. "
    "A set-up goes on from there, and makes again what is missing.",
}
# What a fact of the server may do, and what to do about it; {} is its value.
WARNINGS = {
    "release": "{} is not known yet: the recipes are made for Debian 12 and 13. Try it on a copy first.",
    "noexec": "Programs in {0} may not be run (noexec): building Python packages may fail. If so: mount -o remount,exec {0}",
    "home": "The home of {} cannot be written to. The wizard does not need it; programs that you start there may.",
    "disk": "Only {} MB of disk are free: make room before going on, or an installation may break half-way.",
    "memory": "Only {} MB of memory and no swap: the kernel may stop programs in the middle. Add swap.",
    "clock": "The server's clock and this computer's are {} days apart: certificates will seem out of date. "
    "Set the wrong one (timedatectl set-ntp true).",
    "distribution": "{} is not Debian 12 or 13, for which the recipes are made.",
}


def _damage(event: events.JournalDamaged) -> str:
    if event.lost:
        numbers = ", ".join(map(str, event.lost))
        return (
            f"The journal is damaged: the record of change {numbers} is gone, so the wizard cannot undo it. "
            "All others can be undone; for the rest there is a snapshot of the server, if your provider has one."
        )
    if event.damaged:
        return (
            f"The journal is damaged: {counted(event.damaged, 'line')} of it {'is' if event.damaged == 1 else 'are'} not as "
            "written, or missing (its checksums say so). What these lines said is looked at again where that is possible. "
            "Look whether the server's disk is failing (dmesg), and take a snapshot of the server before you go on."
        )
    return (
        f"{counted(event.torn, 'line')} of the journal {'was' if event.torn == 1 else 'were'} cut short, as a power cut "
        "does. Nothing is lost: what was going on then is looked at again, and the set-up goes on."
    )


def _started(event: events.RunStarted) -> str:
    if not event.changes:
        return f"{event.target}: nothing has to be changed."
    return f"{event.target}: {counted(event.changes, 'change')} in {counted(len(event.steps), 'step')}."


def _finished(event: events.RunFinished) -> str:
    changes, seconds = counted(event.changes, "change"), f"{event.seconds:.0f} s"
    if event.outcome == "nothing-to-do":
        return "Nothing is left to do: the server is as the answers say."
    if event.outcome == "rolled-back":
        return f"Rolled back: {changes} undone in {seconds}."
    if not event.changes:
        return f"Done: nothing had to be changed ({seconds})."
    return f"Done: {changes} in {seconds}, written down in the server's journal."


# What was mended after an interruption; {} are the things.
REPAIRED = {
    "unpacked": "The interruption had left packages half unpacked, so they were unpacked again: {}.",
    "configured": "The interruption had left packages half set up; that was finished: {}.",
    "reinstalled": "Files of these packages were damaged, so they were installed again: {}.",
    "begun-anew": "What the interruption had left of these packages was damaged, so it was taken away and they were installed "
    "anew: {}.",
    "rewritten": "These files had lost their content; it was written again: {}.",
    "cluster": "PostgreSQL's data was damaged and held nothing yet, so it was made anew; the old files are kept: {}.",
}


WORKING = {
    "connecting": "Connecting to {} …",
    "project": "Looking at the project {} …",
    "comparing": "Comparing what you want with what is on the server …",
    "changed": "Looking for what was changed by hand …",
    "starting": "Starting: taking the lock of the server …",
}


def _mended(what: str, *things: str) -> str:
    return REPAIRED.get(what, "Mended: {}.").format(", ".join(things))


def _checked(mark: str, event: Any) -> str:
    return f"{mark} {event.check}" + (f": {event.seen}" if event.seen else "")


def _check_failed(event: events.CheckFailed) -> str:
    wanted = f"; wanted: {event.wanted}" if event.wanted else ""
    return _checked("✗", event) + wanted + (f"; set in {event.set_in}" if event.set_in else "")


# The sentence for each kind of event, of its words and itself; a kind that is not here says nothing.
SENTENCES: dict[type[events.Event], Callable[[Words, Any], str | None]] = {
    events.Connected: lambda _, e: f"Logged in as {e.login} ({e.server}).",
    events.Working: lambda _, e: WORKING.get(e.doing, e.doing).format(e.about),
    events.ConnectionBroken: lambda _, e: (
        "The server restarts. Waiting for it to come back …"
        if e.expected
        else "The connection broke. What runs on the server goes on; trying to get back …"
        + (f" The server takes the guarded change back by itself within {e.reverts_in} s." if e.reverts_in else "")
    ),
    events.Reconnected: lambda _, e: f"Back as {e.login} after {e.after_s:.0f} s.",
    events.ServerReplaced: lambda _, e: REPLACED.get(e.how, REPLACED["older"]),
    events.ServerHeld: lambda _, e: (
        f"{e.who} is setting this server up"
        + (f", since {e.since}. " if e.since else ". ")
        + ("This is what they do:" if e.watched else "Waiting until they are done …")
    ),
    events.JournalDamaged: lambda _, e: _damage(e),
    events.ServerWarning: lambda _, e: f"Warning: {WARNINGS.get(e.fact, e.fact + ': {}').format(e.value)}",
    events.ProjectFinding: lambda _, e: f"Note: {problem(Problem(e.code, *e.fields))}",
    events.Recovering: lambda words, e: (
        f"An earlier run stopped in the middle of “{words.heading(e.step)}”: "
        f"{'undoing' if e.undo else 'finishing'} {thing(e.key)} first."
    ),
    events.Repaired: lambda _, e: " ".join(_mended(*item) for item in e.items),
    events.TakeoverFound: lambda _, e: (
        f"There already: {e.what}. "
        + (f"It is taken over, as agreed: {e.does}." if e.agreed else f"{e.does[:1].upper()}{e.does[1:]}.")
    ),
    events.RunStarted: lambda _, e: _started(e),
    events.StepStarted: lambda words, e: f"[{e.index}/{e.total}] {words.heading(e.step)}",
    events.ChangeStarted: lambda _, e: f"{describe(e.kind, e.key)} …",
    events.FailsafeArmed: lambda _, e: (
        f"Guarded: the server takes this back by itself in {e.seconds} s unless a new login works."
    ),
    events.LoginProved: lambda _, e: f"A new connection as {e.login} works, so the change stays.",
    events.TakenBack: lambda _, e: (
        f"Taken back. A new connection as {e.login} works: the server is as it was before this step."
        if e.works
        else f"Taken back, but a new connection as {e.login} does not get in."
    ),
    events.DriftFound: lambda _, e: (
        f"Changed by hand: {thing(e.key)}. " + ("It stays as it is." if e.choice == "keep" else "Put right.")
    ),
    events.CheckPassed: lambda _, e: _checked("✓", e),
    events.CheckFailed: lambda _, e: _check_failed(e),
    events.CheckLeftOut: lambda _, e: f"{_checked('!', e)} (left out by choice)",
    events.StepSkipped: lambda _, e: "already so" if e.reason == "already-so" else "left out, as chosen",
    events.CheckpointReached: lambda _, e: f"Checkpoint: one can go back to here ({e.step}).",
    events.StepFailed: lambda _, e: f"Failed: {in_words(e.reason)}",
    events.UndoStarted: lambda _, e: f"{describe(e.kind, e.key, undo=True)} …",
    events.Undone: lambda _, e: f"This stays as it is: {thing(e.key)}." if e.kept else None,
    events.DataSaved: lambda _, e: f"Data is kept on the server in {e.path}. To put it back, as root: sh {e.restore}",
    events.OutputLine: lambda _, e: e.text,
    events.RunFinished: lambda _, e: _finished(e),
}


# What each kind of operation is about; {} is its name in the journal.
THINGS = {
    "file": "the file {}",
    "tested_file": "the file {}",
    "directory": "the folder {}",
    "data_directory": "the folder {}",
    "symlink": "the link {}",
    "tested_symlink": "the link {}",
    "absent": "the file {}",
    "packages": "the packages {}",
    "upgrade": "the system's packages",
    "reboot": "the server's restart",
    "swap": "the swap file {} (disk space that stands in for memory)",
    "kernel_settings": "the kernel's network settings in {}",
    "user": "the account {}",
    "site_name": "the name {}",
    "web_server": "the web server of {}",
    "one_postgres": "PostgreSQL's cluster {}",
    "authorized_keys": "the SSH keys of {} (who may log in)",
    "sudo_rule": "the rule {} (who may act as root, the administrator)",
    "service": "the service {}",
    "firewall": "the firewall's rules",
    "postgres_cluster": "PostgreSQL's data",
    "postgres_settings": "PostgreSQL's settings in {}",
    "postgres_role": "the database login {}",
    "postgres_database": "the database {}",
    "git_release": "the project's code ({})",
    "uploaded_release": "the project's code ({})",
    "serving": "the code that {} runs",
    "live_release": "the release that {} runs",
    "virtualenv": "the project's Python packages ({})",
    "migrations": "the database tables of {}",
    "static_files": "the style sheets, scripts and pictures in {}",
    "superuser": "the administrator of the site, {}",
}
# What is done to it, where "set up" is not the word; {} is the thing.
DOING = {
    "file": "write {}",
    "tested_file": "write {}, test it, and take it into use",
    "directory": "make {}",
    "data_directory": "make {}, where the site keeps files",
    "symlink": "set {}",
    "tested_symlink": "set {}, test it, and take it into use",
    "absent": "take away {}",
    "packages": "install {}",
    "upgrade": "upgrade {}",
    "reboot": "restart the server",
    "authorized_keys": "put {} in place",
    "sudo_rule": "write {}",
    "service": "start {}, now and at each boot",
    "firewall": "switch the firewall on: only the network ports that are needed stay open",
    "postgres_cluster": "make sure that PostgreSQL runs",
    "postgres_settings": "write {}",
    "postgres_role": "make {}",
    "postgres_database": "make {}",
    "git_release": "fetch {}",
    "uploaded_release": "copy {} to the server",
    "serving": "restart {}",
    "live_release": "try the newest release on a socket of its own, then switch to it: {}",
    "virtualenv": "install {}",
    "migrations": "make or update {}",
    "static_files": "collect {}",
    "superuser": "make {}",
}
UNDOING = {
    "command": "take back {}",
    "long_command": "take back {}",
    "packages": "take away {}, but not what was there before the set-up",
    "reboot": "nothing: a restart leaves nothing behind",
}

SECRETS = f"{SECRETS_FOLDER}/"

# Undoing these takes away data that people put there later. It is saved first, but it is gone from the site.
DATA = {"postgres_cluster", "postgres_database", "migrations", "data_directory", "superuser"}


def thing(key: str) -> str:
    """What a key of the journal names, in a few words."""
    kind, _, name = key.partition(":")
    if kind == "authorized_keys":
        name = name.partition(" ")[0]
    if kind == "file" and name.startswith(SECRETS):
        return f"the secret “{_spaced(name.removeprefix(SECRETS))}” (only root can read it)"
    if kind == "packages":
        return f"the package{'s' * (' ' in name)} {name.replace(' ', ', ')}"
    return THINGS.get(kind, "{}").format(name) if kind in THINGS else f"“{_spaced(name)}”"


def describe(kind: str, key: str, *, undo: bool = False) -> str:
    """What a change does, in a few words; undo: what going back does."""
    if undo:
        return UNDOING.get(kind, "put {} back as it was").format(thing(key))
    if kind not in THINGS:
        return _spaced(key.partition(":")[2])
    if key.startswith(f"file:{SECRETS}"):
        return f"make up {thing(key)}"
    return DOING.get(kind, "set up {}").format(thing(key))


def in_words(reason: str) -> str:
    """The engine names a change by its key, kind:name; a person knows it by its description."""
    return re.sub(r"(?<=the change )(\w+):(\S+)", lambda key: f"“{describe(key[1], key[0])}”", reason)


def _spaced(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")


def loses_data(kind: str) -> bool:
    """Whether undoing a change of this kind takes data away from the site."""
    return kind in DATA


def badges(kind: str, *, irreversible: bool, guarded: bool) -> list[str]:
    """What one must know of a change before it is made."""
    back = "reversible, but going back takes data away (it is saved first)" if loses_data(kind) else "reversible"
    back = "leaves nothing to undo" if kind == "reboot" else back
    return ["cannot be undone" if irreversible else back, *(["guarded"] if guarded else [])]


LEAVE_OUT = "go on without this check: it is shown at the end, and by status and verify, that it did not pass"


def decision(words: Words, question: Decision) -> str:
    """A decision as a question."""
    heading, facts = words.heading(question.step), question.facts
    match question.kind:
        case "drift":
            what = thing(facts["key"])
            return f"{what[:1].upper()}{what[1:]} was changed by hand since the wizard left it. What now?"
        case "takeover":
            things = "\n".join(f"- {one}" for one in facts["things"])
            return f"This is there already, and the wizard did not make it:\n{things}\nWhat now?"
        case "point_of_no_return":
            return f"“{heading}” cannot be undone: it is a point of no return. Go on with it?"
        case _:
            return f"“{heading}” failed: {in_words(facts.get('reason', ''))}. What now?"


def choices(question: Decision) -> dict[str, str]:
    """The options of a decision, each with what it leads to."""
    meaning = {
        "keep": "keep it as it is now",
        "restore": "put it back as the wizard left it"
        if question.step
        else "undo it all the same: the change by hand is lost",
        "go": "go on, knowing that there is no way back",
        "skip": "leave this step out",
        "retry": "try this step again",
        "take-over": "take it over: the changes above are made, and rolling back takes them back",
        "answers": "give other answers, such as another name: what is there is left alone",
        "leave-out": LEAVE_OUT,
        "stop": "stop here; nothing is lost, and the same command goes on later",
    }
    return {option: meaning.get(option, option) for option in question.options}


def difference(facts: dict[str, Any]) -> str:
    """What differs between the state that the journal knows (-) and the one found (+)."""
    known, found = facts.get("known", {}), facts.get("found", {})
    return "\n".join(
        line
        for name, value in found.items()
        if known.get(name) != value
        for line in (f"-{name}: {known.get(name)}", f"+{name}: {value}")
    )


def moment(at: str) -> str:
    """The journal's time as one reads it; a checkpoint of this very run has none yet."""
    return f"{at[:16].replace('T', ' ')} UTC" if at else "just now"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def explain(error: WizardError) -> str:
    """An error for a person: what could not be done, what was seen, what to do next."""
    lines = [error.message[:1].upper() + error.message[1:] + "."]
    if isinstance(error, UnfitProject):
        lines += ["", *(f"  - {problem(one)}" for one in error.problems if isinstance(one, Problem)), ""]
    if error.details:
        lines += ["", *("  " + line for line in error.details.splitlines()[-25:]), ""]
    if error.hint:
        lines.append("Next: " + error.hint)
    else:
        from wizard.fronts.causes import likely

        lines += likely(error.message, error.details).lines()
    return "\n".join(lines)


def as_json(words: Words, event: events.Event) -> dict[str, Any]:
    """An event for programs, with its sentence as `words` where there is one."""
    data = event.to_json()
    if not isinstance(event, events.OutputLine) and (line := words.event(event)):
        data["words"] = line
    return data
