"""The timed auto-revert, from this side: prove a new way in and disarm, or take the changes back.

The server's side is failsafe.sh and the arm/disarm functions of prelude.sh. Must not know recipes.
"""

from __future__ import annotations

from wizard import events
from wizard.engine.session import Emit, Session
from wizard.errors import StepError, WizardError
from wizard.transport.base import Login

REVERT = "[ ! -e $W/failsafe/armed ] || sh $W/failsafe/revert now"


def prove(session: Session, emit: Emit, step: str, login: Login) -> None:
    """Opens a NEW connection by the way that will be needed tomorrow, as root there; goes on over it and disarms.

    StepError when it does not get in, or too late: the server is then as it was before the step.
    """
    fresh = session.transport.another(login)
    try:
        fresh.connect()
        result = fresh.run("id -u", label="prove way in")
        if result.status != 0 or result.out.strip() != "0":
            raise WizardError(f"cannot become root as {login}", details=result.err.strip())
    except WizardError as error:
        fresh.close()
        take_back(session)
        raise StepError(
            f"cannot log in as {login} any more after {step}, so its changes were taken back",
            details=f"{error.message}\n{error.details}".strip(),
            hint="the server is as it was before this step; check the key and the answers, then run it again",
        ) from error
    answer = session.write("disarm", "disarm_failsafe")
    if "reverted" in answer.records:
        fresh.close()
        session.open(acquire=True)
        raise StepError(
            f"the changes of {step} were taken back by the server: the proof of the new login came too late",
            hint="run it again; nothing is lost",
        )
    session.use(fresh)
    emit(events.LoginProved(step, str(login)))


def take_back(session: Session) -> None:
    """Runs the revert at once, over the connection that still stands, and reads the journal that it wrote."""
    # not under the lock of `hold`: the revert takes it itself
    session.send("take back", REVERT)
    session.open(acquire=True)


def armed(session: Session) -> bool:
    """Whether guarded changes of an interrupted run are waiting for their proof."""
    return "armed" in session.send("armed?", "[ ! -e $W/failsafe/armed ] || echo yes | emit armed").records
