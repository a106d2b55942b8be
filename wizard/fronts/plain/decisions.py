"""What the engine asks in the middle of its work, answered as the command line said, or by the person."""

from __future__ import annotations

from wizard.app.request import PRACTICE
from wizard.engine.runner import Decision
from wizard.fronts.plain import failure, prompts
from wizard.fronts.plain.station import Station


def decide(at: Station, question: Decision) -> str:
    settled = (question.kind == "drift" and bool(at.options.drift)) or at.policy.leaves_out(question)
    if settled or not at.options.asks:
        return at.policy.decide(question)
    with at.front.paused():
        if question.kind == "failure":
            return failure.step_failed(at, question)
        practice = at.options.target.startswith(PRACTICE)
        return prompts.decide(at.terminal, at.words, question, practice=practice)
