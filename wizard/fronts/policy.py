"""What a run without questions decides, by what the command line said beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.engine.runner import Decision


@dataclass
class Policy:
    """What a run without questions decides. drift: keep, restore or stop; yes: points of no return are agreed to.

    skip_checks: ids of steps, or recipes, whose checks need not pass.
    """

    drift: str = "stop"
    yes: bool = False
    skip_checks: tuple[str, ...] = ()

    def decide(self, question: Decision) -> str:
        if question.kind == "drift":
            return self.drift
        if question.kind == "point_of_no_return":
            return "go" if self.yes else "stop"
        if self.leaves_out(question):
            return "leave-out"
        return "stop"

    def leaves_out(self, question: Decision) -> bool:
        """Whether this is a check that was said beforehand to be left out if it does not pass."""
        names = {question.step, question.step.partition("/")[0]}
        return "leave-out" in question.options and bool(names & set(self.skip_checks))
