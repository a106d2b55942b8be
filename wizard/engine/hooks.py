"""What a run asks whoever started it, between steps and between changes only: there nothing is half-done on the server."""

from __future__ import annotations

from wizard.engine.plan import PlannedStep


class Hooks:
    """These let everything go through. A front's run has hooks of its own (wizard.app.run)."""

    def before_step(self, planned: PlannedStep, index: int) -> str:
        """go, or skip: then this step is left out. StoppedError ends the run here."""
        return "go"

    def before_change(self) -> None:
        """StoppedError ends the run here, before the next change is made or undone."""
