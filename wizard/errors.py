"""One tree of errors. Each has a code, whose words say what could not be done; the hint says what to do next.

This module must not know any other part of the program but the one that puts codes into words.
"""

from __future__ import annotations

from wizard import text
from wizard.printable import printable


class WizardError(Exception):
    """Something a person or a server can cause.

    code: as in the catalogue (fronts/text), whose words are lower case and start with "cannot …" or name the thing at fault; a
    recipe of one's own may give a sentence in its place. fields: what stands in its places. details: what was seen (may span
    lines). hint: the next thing to do, where it is not the one that the catalogue has. Only errors that somebody catches have
    a subclass.
    """

    exit_status = 1

    def __init__(self, code: str, /, *, details: str = "", hint: str = "", **fields: object) -> None:
        if isinstance(code, text.Text):  # of another error
            fields = {**code.fields, **fields}
            code = code.code or code
        coded = text.is_code(code)
        # a server's own words may be in any of them
        self.message = text.text(code, **fields) if coded else text.Text(printable(code))
        super().__init__(self.message)
        self.details = printable(details)
        self.hint = printable(hint) or (text.hint(code, **fields) if coded else None) or ""

    @property
    def code(self) -> str:
        """The code of the message; "" where it is a sentence of a recipe."""
        return self.message.code


class UsageError(WizardError):
    """Wrong usage or wrong answers; nothing was touched."""

    exit_status = 2


class RecipeError(UsageError):
    """A recipe is wrong: it cannot be loaded, or cannot be used with the others. Nothing was touched."""


class UnfitProject(UsageError):
    """The project cannot run as it is. problems: what was found (wizard.project.found.Problem), for the fronts to say."""

    def __init__(self, problems: tuple[object, ...], *, details: str = "") -> None:
        super().__init__("project.unfit", details=details)
        self.problems = problems


class ConnectError(WizardError):
    """The server cannot be reached or does not let us in.

    wants: what a person may give so that it does, by its name in a Request (password, passphrase, sudo_password); or "".
    """

    exit_status = 3

    def __init__(self, code: str, /, *, details: str = "", hint: str = "", wants: str = "", **fields: object) -> None:
        super().__init__(code, details=details, hint=hint, **fields)
        self.wants = wants


class LoginRefused(ConnectError):
    """The server answers, but does not let this user in by this key or password."""


class HostKeyError(ConnectError):
    """The server's host key is unknown (and nobody could be asked) or is not the one we know."""


class ConnectionLost(ConnectError):
    """The connection broke while something was under way; what runs on the server goes on."""


class StoppedError(WizardError):
    """Stopped on purpose, with nothing lost: drift, or somebody else holds the lock."""

    exit_status = 4


def stopped_as_asked() -> StoppedError:
    """What ends a run that a person chose to leave."""
    return StoppedError("app.stopped")


class HeldError(StoppedError):
    """Another wizard has the server's lock. who: a person and a computer; since: when they took it, in UTC, or ""."""

    def __init__(
        self, code: str, /, *, details: str = "", hint: str = "", who: str, since: str, **fields: object
    ) -> None:
        super().__init__(code, details=details, hint=hint, who=who, since=since, **fields)
        self.who, self.since = who, since


class BusyError(StoppedError):
    """A script of wizard is running on the server this very moment."""


class StepError(WizardError):
    """A step or a check failed. check: the name of the check, or ""."""

    check = ""
