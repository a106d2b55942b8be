"""What is wrong with a teacher's own recipes, found without any server. Facts with a code; the fronts have the words.

The steps are tried with the answers of the sample project, as `wizard practice` gives them. Must not run anything on a server.
"""

from __future__ import annotations

import inspect as python_inspect
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from wizard import catalog
from wizard.answers.resolve import complete, foreseen
from wizard.engine.plan import key_twice
from wizard.errors import UsageError, WizardError
from wizard.guide import QUESTION, STEP, read_guide
from wizard.operations.base import KindTaken, Operation
from wizard.recipe import CHOICE, Answers, Question, Recipe, Step
from wizard.role import ROLES
from wizard.secret import Secret
from wizard.server import Server

EXAMPLE_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPLkmGpLa3bTlHVzVYYRT5Wb9Jh0tJkVjW0bT3cK5mYJ you@laptop"


@dataclass(frozen=True)
class Fault:
    """One thing to mend. line counts from 1; 0 stands for the whole file."""

    path: Path
    line: int
    code: str
    facts: dict[str, str] = field(default_factory=dict)


def check(folder: Path) -> tuple[list[str], list[Fault]]:
    """The names of the folder's recipes, and their faults in the order of files and lines. UsageError where it holds none."""
    homes = sorted(folder.glob("*/recipe.py"))
    if not homes:
        raise UsageError("recipes.none_in_folder", folder=folder)
    faults: list[Fault] = []
    mine: list[Recipe] = []
    for home in homes:
        try:
            mine.append(catalog.from_file(home))
        except WizardError as error:
            faults.append(_load_fault(home, error))
    replaced = {recipe.name for recipe in mine}
    every = [*(r for r in catalog.found() if r.name not in replaced), *mine]
    for recipe in mine:
        faults += _guide_faults(recipe)
        faults += _needs_faults(recipe, every)
        faults += _output_faults(recipe)
    if not faults:
        prepared = catalog.prepared(every)
        for choice in _choices(mine, prepared):
            faults += (fault for fault in _step_faults(mine, prepared, choice) if fault not in faults)
    return [home.parent.name for home in homes], sorted(faults, key=lambda f: (f.path, f.line))


def _load_fault(home: Path, error: WizardError) -> Fault:
    cause = error.__cause__
    if cause is None:
        return Fault(home, 0, "no_recipe", {"name": home.parent.name})
    if isinstance(cause, SyntaxError) and cause.filename == str(home):
        return Fault(home, cause.lineno or 0, "syntax", {"reason": cause.msg})
    if isinstance(cause, KindTaken):
        facts = {"kind": cause.kind, "name": cause.name, "other": cause.other}
        return Fault(home, _own_line(home, cause), "kind_taken", facts)
    return _raised(home, cause)


def _raised(home: Path, error: BaseException, line: int = 0, **facts: str) -> Fault:
    """An exception, with the line of the recipe that it passed last."""
    reason = error.message if isinstance(error, WizardError) else str(error)
    facts = {"error": type(error).__name__, "reason": reason, **facts}
    return Fault(home, _own_line(home, error) or line, "raised", facts)


def _own_line(home: Path, error: BaseException) -> int:
    own = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(home)]
    return own[-1] if own else 0


# -- the guide ------------------------------------------------------------------------------------------------------


def _guide_faults(recipe: Recipe) -> Iterator[Fault]:
    paths = sorted(recipe.folder.glob("guide*.md"))
    if not (recipe.folder / "guide.md").is_file():
        yield Fault(recipe.folder / "guide.md", 0, "guide_missing")
    for path in paths:
        language = "en" if path.name == "guide.md" else path.name.removeprefix("guide.").removesuffix(".md")
        guide = read_guide(recipe.folder, language)
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        for kind, pattern, wanted, found in (
            ("step", STEP, [step.name for step in recipe.steps], guide.steps),
            ("question", QUESTION, [question.name for question in recipe.questions], guide.questions),
            ("afterwards", QUESTION, [name for name, _ in recipe.afterwards], guide.afterwards),
        ):
            for name in wanted:
                if name not in found:
                    yield Fault(path, 0, f"{kind}_missing", {"name": name})
            for name in found:
                if name not in wanted:
                    yield Fault(path, _line(lines, pattern, name), f"{kind}_unknown", {"name": name})
        for name, (_, text) in guide.steps.items():
            if not text.strip():
                yield Fault(path, _line(lines, STEP, name), "step_empty", {"name": name})


def _line(lines: list[str], pattern: re.Pattern[str], name: str) -> int:
    for number, line in enumerate(lines, 1):
        if (match := pattern.match(line)) and match[1] == name:
            return number
    return 0


# -- the steps ------------------------------------------------------------------------------------------------------


def _needs_faults(recipe: Recipe, every: list[Recipe]) -> Iterator[Fault]:
    names = {r.name for r in every} | {r.role for r in every}
    for need in recipe.needs:
        if need not in names:
            yield Fault(Path(recipe.home), 0, "need_unknown", {"name": need})


def _output_faults(recipe: Recipe) -> Iterator[Fault]:
    """What the recipe's role must hand to others, and it does not."""
    given = {*recipe.outputs, *(question.name for question in recipe.questions)}
    for name, output in (ROLES[recipe.role].outputs() if recipe.role else {}).items():
        if name not in given and output.default is None:
            yield Fault(
                Path(recipe.home), 0, "output_missing", {"name": name, "role": recipe.role, "says": output.says}
            )


def _choices(mine: list[Recipe], every: list[Recipe]) -> Iterator[dict[str, str]]:
    """Which recipe has each role, so often that each of one's own recipes takes part once."""
    several = {question.name for recipe in every if recipe.name == CHOICE for question in recipe.questions}
    own = {role: [recipe.name for recipe in mine if recipe.role == role] for role in several}
    for turn in range(max([1, *map(len, own.values())])):
        yield {role: names[min(turn, len(names) - 1)] for role, names in own.items() if names}


def _step_faults(mine: list[Recipe], every: list[Recipe], choice: dict[str, str]) -> Iterator[Fault]:
    """Every step tried: its operations, their scripts, and that no two steps own the same thing; and the outputs, read."""
    try:
        answers = _answers(every, choice)
    except (WizardError, TypeError, AttributeError, ValueError, LookupError) as error:
        yield _raised(Path(mine[0].home), error)
        return
    made: list[tuple[Step, list[Operation]]] = []
    taking_part = [recipe for recipe in every if answers.in_force(recipe)]
    for recipe in (r for r in mine if r in taking_part):
        yield from _read_faults(recipe, answers)
    for recipe in taking_part:
        for step in recipe.steps:
            try:
                operations = list(step.operations(answers)) if step.when is None or step.when(answers) else []
                list(step.checks(answers) if step.checks else ())
                for operation in operations:
                    _try(operation)
            except Exception as error:  # whatever a recipe of somebody else raises
                if recipe in mine:
                    yield _raised(Path(recipe.home), error, _line_of(step), step=step.id)
                continue
            made.append((step, operations))
    steps = {step.id: step for step, _ in made}
    homes = {recipe.name: Path(recipe.home) for recipe in mine}
    for key, first, again in key_twice((step.id, operations) for step, operations in made):
        # it is the step of one's own that must be changed
        own = steps[again] if steps[again].recipe in homes else steps[first]
        if own.recipe in homes:
            other = first if own.id == again else again
            yield Fault(homes[own.recipe], _line_of(own), "key_twice", {"key": key, "step": own.id, "other": other})


def _read_faults(recipe: Recipe, answers: Answers) -> Iterator[Fault]:
    role = ROLES[recipe.role](answers) if recipe.role else None
    reads: list[Callable[[], object]] = [partial(value, answers) for _, value in recipe.afterwards]
    reads += [partial(value, answers) for _, value in recipe.contributions]
    reads += [partial(getattr, role, name) for name in (role.outputs() if role else ())]
    for read in reads:
        try:
            read()
        except Exception as error:  # whatever a recipe of somebody else raises
            yield _raised(Path(recipe.home), error)


def _try(operation: Operation) -> None:
    """What the engine will ask of it: to be observed, made, proved and undone."""
    before = operation.state()
    after = operation.wanted(before)
    operation.observe()
    operation.apply(before, after)
    operation.verify(after)
    operation.to_json()
    if not operation.irreversible:
        operation.apply(after, before)


def _line_of(step: Step) -> int:
    try:
        return python_inspect.getsourcelines(step.operations)[1]
    except (OSError, TypeError):
        return 0


def _answers(every: list[Recipe], choice: dict[str, str]) -> Answers:
    """The sample project's answers; a question that has no default gets its example."""
    from wizard.practice.sample import PROJECT, given
    from wizard.project.inspect import inspect

    answered = given()
    answered.tables[CHOICE] = dict(choice)
    server = Server(address="203.0.113.7", login_keys=(EXAMPLE_KEY,))
    found = inspect(PROJECT)
    for question, value in foreseen(every, answered, found).items():
        if value is None and not question.optional:
            answered.set(question.recipe, question.name, _example(question))
    return complete(answered, every, server=server, found=found)


def _example(question: Question[Any]) -> Any:
    if question.choices:
        return question.choices[0]
    if question.type is int:
        return question.minimum or 1
    if question.type is bool:
        return True
    if question.type is Secret:
        return Secret("example")
    return (question.example,) if question.type is tuple else question.example
