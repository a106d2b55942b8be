"""Events and decisions in words, by the catalogue (text/<language>/words.toml); headings come from the guides of recipes."""

from __future__ import annotations

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
from wizard.text import Text, has, text


class Words:
    """Knows the guides of a journey's recipes, in the language in use."""

    def __init__(self, recipes: Sequence[Recipe]) -> None:
        self.guides: dict[str, Guide] = {r.name: read_guide(r.folder) for r in recipes}

    def heading(self, step: str) -> str:
        """What a step is called in its guide; its id where the recipe is not here."""
        recipe, _, name = step.partition("/")
        guide = self.guides.get(recipe)
        return guide.heading(name) if guide else step

    def question(self, recipe: str, name: str) -> str:
        """What is asked, from the guide, as a sentence; its name where no guide has it."""
        guide = self.guides.get(recipe)
        asked = guide.questions.get(name) if guide else None
        if asked is None:
            return name.replace("_", " ")
        return _capital(asked) + ("" if asked.endswith((".", "?", "!")) else ".")

    def event(self, event: events.Event) -> str | None:
        """One line for an event; None where there is nothing to say. `OutputLine` is the program's own output."""
        sentence = SENTENCES.get(type(event))
        return sentence(self, event) if sentence else None


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _known(group: str, name: str, other: str, **fields: object) -> str:
    """The entry of this name in a group, else the group's other one."""
    code = f"words.{group}.{name.replace('-', '_')}"
    return text(code if has(code) else f"words.{group}.{other}", **fields)


def _damage(event: events.JournalDamaged) -> str:
    if event.lost:
        return text("words.damage.lost", numbers=event.lost, n=len(event.lost))
    if event.damaged:
        return text("words.damage.damaged", n=event.damaged)
    return text("words.damage.torn", n=event.torn)


def _started(event: events.RunStarted) -> str:
    if not event.changes:
        return text("words.started.nothing", target=event.target)
    changes, steps = counted(event.changes, "change"), counted(len(event.steps), "step")
    return text("words.started.changes", target=event.target, changes=changes, steps=steps)


def _finished(event: events.RunFinished) -> str:
    changes, seconds = counted(event.changes, "change"), f"{event.seconds:.0f}"
    if event.outcome == "nothing-to-do":
        return text("words.finished.nothing_to_do")
    if event.outcome == "rolled-back":
        return text("words.finished.rolled_back", changes=changes, seconds=seconds)
    if not event.changes:
        return text("words.finished.nothing", seconds=seconds)
    return text("words.finished.done", changes=changes, seconds=seconds)


def _broken(event: events.ConnectionBroken) -> str:
    if event.expected:
        return text("words.restarting")
    return text("words.broken_guarded" if event.reverts_in else "words.broken", seconds=event.reverts_in)


def _held(event: events.ServerHeld) -> str:
    code = "words.held_watched" if event.watched else "words.held"
    return text(f"{code}_since" if event.since else code, who=event.who, since=event.since)


def _warning(event: events.ServerWarning) -> str:
    code = f"words.fact.{event.fact}"
    warning = text(code, value=event.value) if has(code) else f"{event.fact}: {event.value}"
    return text("words.warning", warning=warning)


def _working(event: events.Working) -> str:
    code = f"words.working.{event.doing}"
    return text(code, about=event.about) if has(code) else event.doing


def _recovering(words: Words, event: events.Recovering) -> str:
    code = "words.recovering_undo" if event.undo else "words.recovering"
    return text(code, step=words.heading(event.step), thing=thing(event.key))


def _takeover(event: events.TakeoverFound) -> str:
    if event.agreed:
        return text("words.taken_over", what=event.what, does=event.does)
    return text("words.there_already", what=event.what, does=_capital(event.does))


def _checked(result: str, event: Any) -> str:
    code = f"words.check.{result}"
    return text(f"{code}_seen" if event.seen else code, check=event.check, seen=event.seen)


def _check_failed(event: events.CheckFailed) -> str:
    said = _checked("failed", event)
    said = text("words.check.wanted", said=said, wanted=event.wanted) if event.wanted else said
    return text("words.check.set_in", said=said, set_in=event.set_in) if event.set_in else said


# The sentence for each kind of event, of its words and itself; a kind that is not here says nothing.
SENTENCES: dict[type[events.Event], Callable[[Words, Any], str | None]] = {
    events.Connected: lambda _, e: text("words.connected", login=e.login, server=e.server),
    events.Working: lambda _, e: _working(e),
    events.ConnectionBroken: lambda _, e: _broken(e),
    events.Reconnected: lambda _, e: text("words.back", login=e.login, seconds=f"{e.after_s:.0f}"),
    events.ServerReplaced: lambda _, e: _known("replaced", e.how, "older"),
    events.ServerHeld: lambda _, e: _held(e),
    events.JournalDamaged: lambda _, e: _damage(e),
    events.ServerWarning: lambda _, e: _warning(e),
    events.ProjectFinding: lambda _, e: text("words.note", finding=problem(Problem(e.code, *e.fields))),
    events.Recovering: _recovering,
    events.Repaired: lambda _, e: " ".join(_known("mended", what, "other", things=things) for what, *things in e.items),
    events.TakeoverFound: lambda _, e: _takeover(e),
    events.RunStarted: lambda _, e: _started(e),
    events.StepStarted: lambda words, e: text(
        "words.step", index=e.index, total=e.total, heading=words.heading(e.step)
    ),
    events.ChangeStarted: lambda _, e: text("words.going_on", doing=describe(e.kind, e.key)),
    events.FailsafeArmed: lambda _, e: text("words.guarded", seconds=e.seconds),
    events.LoginProved: lambda _, e: text("words.login_proved", login=e.login),
    events.TakenBack: lambda _, e: text("words.taken_back" if e.works else "words.taken_back_locked", login=e.login),
    events.DriftFound: lambda _, e: text(
        "words.drift_kept" if e.choice == "keep" else "words.drift_restored", thing=thing(e.key)
    ),
    events.CheckPassed: lambda _, e: _checked("passed", e),
    events.CheckFailed: lambda _, e: _check_failed(e),
    events.CheckLeftOut: lambda _, e: _checked("left_out", e),
    events.StepSkipped: lambda _, e: text("words.already_so" if e.reason == "already-so" else "words.left_out"),
    events.CheckpointReached: lambda _, e: text("words.checkpoint", step=e.step),
    events.StepFailed: lambda _, e: text("words.failed", reason=in_words(e.reason)),
    events.UndoStarted: lambda _, e: text("words.going_on", doing=describe(e.kind, e.key, undo=True)),
    events.Undone: lambda _, e: text("words.kept", thing=thing(e.key)) if e.kept else None,
    events.DataSaved: lambda _, e: text("words.data_saved", path=e.path, restore=e.restore),
    events.OutputLine: lambda _, e: e.text,
    events.RunFinished: lambda _, e: _finished(e),
}

SECRETS = f"{SECRETS_FOLDER}/"

# Undoing these takes away data that people put there later. It is saved first, but it is gone from the site.
DATA = {"mariadb_database", "postgres_cluster", "postgres_database", "migrations", "data_directory", "superuser"}


def thing(key: str) -> str:
    """What a key of the journal names, in a few words."""
    kind, _, name = key.partition(":")
    if kind == "authorized_keys":
        name = name.partition(" ")[0]
    if kind == "file" and name.startswith(SECRETS):
        return text("words.thing.secret", name=_spaced(name.removeprefix(SECRETS)))
    if kind == "packages":
        names = name.split(" ")
        return text("words.thing.packages", names=names, n=len(names))
    return text(f"words.thing.{kind}", name=name) if _is_known(kind) else text("words.quoted", name=_spaced(name))


def _is_known(kind: str) -> bool:
    return has(f"words.thing.{kind}")


def describe(kind: str, key: str, *, undo: bool = False) -> str:
    """What a change does, in a few words; undo: what going back does."""
    if undo:
        return _known("undoing", kind, "other", thing=thing(key))
    if not _is_known(kind):
        return _spaced(key.partition(":")[2])
    if key.startswith(f"file:{SECRETS}"):
        return text("words.doing.secret", thing=thing(key))
    return _known("doing", kind, "other", thing=thing(key))


def in_words(reason: str) -> str:
    """The engine names a change by its key, kind:name; a person knows it by its description."""
    if not isinstance(reason, Text) or "key" not in reason.fields:
        return reason
    key = reason.fields["key"]
    named = text("words.quoted", name=describe(key.partition(":")[0], key))
    return text(reason.code, **{**reason.fields, "key": named})


def _spaced(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")


def loses_data(kind: str) -> bool:
    """Whether undoing a change of this kind takes data away from the site."""
    return kind in DATA


def badges(kind: str, *, irreversible: bool, guarded: bool) -> list[str]:
    """What one must know of a change before it is made."""
    back = "loses_data" if loses_data(kind) else "nothing" if kind == "reboot" else "reversible"
    shown = ["irreversible" if irreversible else back, *(["guarded"] if guarded else [])]
    return [text(f"words.badge.{badge}") for badge in shown]


def decision(words: Words, question: Decision) -> str:
    """A decision as a question."""
    heading, facts = words.heading(question.step), question.facts
    match question.kind:
        case "drift":
            return text("words.decision.drift", thing=_capital(thing(facts["key"])))
        case "takeover":
            return text("words.decision.takeover", things="\n".join(f"- {one}" for one in facts["things"]))
        case "point_of_no_return":
            return text("words.decision.point_of_no_return", heading=heading)
        case _:
            return text("words.decision.failure", heading=heading, reason=in_words(facts.get("reason", "")))


def choices(question: Decision) -> dict[str, str]:
    """The options of a decision, each with what it leads to."""
    return {option: _choice(option, question) for option in question.options}


def _choice(option: str, question: Decision) -> str:
    if option == "restore" and not question.step:
        return text("words.choice.restore_undo")
    code = f"words.choice.{option.replace('-', '_')}"
    return text(code) if has(code) else option


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
    return text("words.utc", moment=at[:16].replace("T", " ")) if at else text("words.just_now")


def counted(number: int, noun: str) -> str:
    """A number of changes, steps, lines or processors."""
    return text(f"words.count.{noun}", n=number)


def explain(error: WizardError) -> str:
    """An error for a person: what could not be done, what was seen, what to do next."""
    lines: list[str] = [text("words.error.message", message=_capital(error.message))]
    if isinstance(error, UnfitProject):
        found = [one for one in error.problems if isinstance(one, Problem)]
        lines += ["", *(text("words.error.problem", problem=problem(one)) for one in found), ""]
    if error.details:
        lines += ["", *("  " + line for line in error.details.splitlines()[-25:]), ""]
    if error.hint:
        lines.append(text("words.error.next", hint=error.hint))
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
