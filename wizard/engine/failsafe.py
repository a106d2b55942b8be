"""The timed auto-revert, from this side: prove a new way in and disarm, or take the changes back.

The server's side is failsafe.sh and the arm/disarm functions of prelude.sh. Must not know recipes.
"""

from __future__ import annotations

from collections.abc import Sequence

from wizard import events
from wizard.engine.session import Emit, Session
from wizard.errors import StepError, WizardError
from wizard.transport.base import Login, Transport

REVERT = "[ ! -e $W/failsafe/armed ] || sh $W/failsafe/revert now"


def prove(session: Session, emit: Emit, step: str, logins: Sequence[Login]) -> None:
    """Opens a NEW connection by the way that will be needed tomorrow, as root there; goes on over it and disarms.

    logins: the first that works is the proof. StepError when none gets in, or too late: the server takes back what the
    step did.
    """
    fresh, error = _get_in(session, logins)
    if fresh is None:
        assert error is not None
        raise _taken_back(session, step, logins[0], error) from error
    answer = session.write("disarm", "disarm_failsafe")
    if "reverted" in answer.records:
        fresh.close()
        session.open(acquire=True)
        raise too_late(step)
    session.use(fresh)
    emit(events.LoginProved(step, str(fresh.login)))


def _get_in(session: Session, logins: Sequence[Login]) -> tuple[Transport | None, WizardError | None]:
    first: WizardError | None = None
    for login in logins:
        fresh = session.transport.another(login)
        try:
            fresh.connect()
            result = fresh.run("id -u", label="prove way in")
            if result.status == 0 and result.out.strip() == "0":
                return fresh, None
            raise WizardError(f"cannot become root as {login}", details=result.err.strip())
        except WizardError as error:
            fresh.close()
            first = first or error
    return None, first


def _taken_back(session: Session, step: str, login: Login, error: WizardError) -> StepError:
    take_back(session)
    if armed(session):
        message = f"cannot log in as {login} after {step}, and not all of its changes could be taken back yet"
        hint = "the server tries again by itself; keep this connection, look at `wizard status`, then run it again"
    else:
        message = f"cannot log in as {login} any more after {step}, so its changes were taken back"
        hint = "the server is as it was before this step; check the key and the answers, then run it again"
    return StepError(message, details=f"{error.message}\n{error.details}".strip(), hint=hint)


def too_late(step: str) -> StepError:
    return StepError(
        f"the changes of {step} were taken back by the server: the proof of the new login came too late",
        hint="run it again; nothing is lost",
    )


def take_back(session: Session) -> None:
    """Runs the revert at once, over the connection that still stands, and reads the journal that it wrote."""
    # not under the lock of `hold`: the revert takes it itself
    session.send("take back", REVERT)
    session.open(acquire=True)


def armed(session: Session) -> bool:
    """Whether guarded changes of an interrupted run are waiting for their proof."""
    return "armed" in session.send("armed?", "[ ! -e $W/failsafe/armed ] || echo yes | emit armed").records
