"""The plan of a journey, and what it would take over that is there already and not ours."""

from __future__ import annotations

from wizard.app.journey import Journey
from wizard.engine import takeover
from wizard.engine.journal import Journal
from wizard.engine.plan import Plan, make_plan
from wizard.engine.runner import Decision
from wizard.errors import UsageError
from wizard.events import TakeoverFound, Working
from wizard.recipe import Recipe
from wizard.text import text


def plan(journey: Journey, *, resolve: bool = True) -> Plan:
    """What would change, for the chosen recipes. UsageError when --only leaves out what a recipe needs.

    resolve: ask about what is there and not ours; without anybody to ask NotOurs, before anything is touched.
    """
    session, answers = journey.connected, journey.answered_all
    journey.emit(Working("comparing"))
    missing = _missing(journey.chosen, [r for r in journey.recipes if answers.in_force(r)], session.journal)
    if missing:
        raise UsageError(
            "app.planning.only",
            chosen=", ".join(r.name for r in journey.chosen),
            missing=", ".join(missing),
        )
    made = make_plan(journey.chosen, answers, session)
    if resolve:
        resolve_takeover(journey, made)
    return made


def resolve_takeover(journey: Journey, plan: Plan) -> None:
    """Asks about what the plan would take over. NotOurs where nobody agrees, UsageError for other answers."""
    session = journey.connected
    things = takeover.other_sites(plan, session.journal)
    things += takeover.foreign(plan, session.journal, login_user=session.server.login_user)
    journey.adopted |= {t.name for t in things if t.adoptable and t.name in journey.request.adopt}
    open_ = [t for t in things if t.name not in journey.adopted]
    if journey.decide is None:
        for t in things:
            journey.emit(TakeoverFound(t.name, t.what, t.does, t.adoptable, t.name in journey.adopted))
    if not open_:
        return
    if journey.decide is None:
        raise takeover.NotOurs(open_)
    possible = ("take-over",) if all(t.adoptable for t in open_) else ()
    facts = {"things": [f"{t.what}: {t.does}" for t in open_]}
    choice = journey.decide(Decision("takeover", "", (*possible, "answers", "stop"), facts))
    if choice == "take-over":
        journey.adopted |= {t.name for t in open_}
    elif choice == "answers":
        error = takeover.NotOurs(open_)
        raise UsageError(error.message, details=error.details, hint=text("app.planning.change_answers"))
    else:
        raise takeover.NotOurs(open_)


def _missing(chosen: list[Recipe], taking_part: list[Recipe], journal: Journal) -> list[str]:
    """Recipes that the chosen ones need, that are not chosen themselves and not complete on the server."""
    names = {r.name for r in chosen}
    by_name = {r.name: r for r in taking_part if r.steps}
    needed = [need for r in chosen for need in r.needs if need not in names and need in by_name]
    return [n for n in dict.fromkeys(needed) if not any(journal.complete(s.id) for s in by_name[n].steps)]
