"""Looking at things on a server: one script for any number of operations. `protocol.observed` reads what it says."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.operations.base import Operation


def observe_script(operations: Iterable[Operation]) -> str:
    """One script that observes all of these, each apart from the others."""
    return "\n".join(
        f"it() {{\n{op.observe()}\n}}\nlook state.{i}\nemit state.{i} <$scratch/state.{i}"
        for i, op in enumerate(operations)
    )
