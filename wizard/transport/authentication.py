"""How a login proves who it is: its keys (see keys.py), then its password. Must not know of hosts or scripts.

Debian 13's sshd punishes wrong keys with silence, so a key that was named is the only one offered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wizard.errors import ConnectError, LoginRefused
from wizard.transport.base import Login
from wizard.transport.keys import Offer, Offers, offers
from wizard.transport.refusals import where

if TYPE_CHECKING:
    from paramiko import Transport

OFFERS = 4  # sshd's MaxAuthTries is 6, and the password should still have its turn
SMALL_RSA = 2048  # bits; less is refused by many servers (RequiredRSASize in sshd_config(5))


class Authentication:
    """One attempt to log in. `methods` collects what the server said it takes; `used` is the key that got in, if one did.

    most: how many keys are offered at most; each that is refused counts against MaxAuthTries, and for fail2ban.
    """

    def __init__(self, transport: Transport, login: Login, *, most: int = OFFERS) -> None:
        self._transport, self._login, self._most = transport, login, most
        self.methods: list[str] = []
        self.used: Offer | None = None
        self.offered: list[str] = []
        self._offers = Offers(())
        self._rest: tuple[Offer, ...] = ()  # keys that had no turn
        self._answered = False
        self._unanswered = ""  # the first prompt that a password is no answer to

    def run(self) -> None:
        """ConnectError when no means was enough."""
        from paramiko import SSHException

        try:
            if self._with_keys() or self._with_password():
                return
            if not self.methods and self._enough(self._transport.auth_none):  # mostly to learn what the server takes
                return
        except (SSHException, EOFError, OSError) as e:
            raise self._refused("closed the connection after") from e
        raise self._refused("refused")

    def _enough(self, attempt: Callable[..., object], *arguments: object) -> bool:
        """Whether that attempt lets us in. Anything but a plain refusal is raised."""
        from paramiko import AuthenticationException, BadAuthenticationType

        try:
            attempt(self._login.user, *arguments)  # it may be right and still not enough: not our last word
        except BadAuthenticationType as e:
            self.methods = e.allowed_types
        except AuthenticationException:
            if not self._transport.is_active():
                raise
        return self._transport.is_authenticated()

    def _with_keys(self) -> bool:
        self._offers = offers(self._login)
        for number, offer in enumerate(self._offers.keys):
            self._rest = self._offers.keys[number:]
            if len(self.offered) == self._most:
                break
            self._rest = self._rest[1:]
            try:
                key = offer.load()
            except ConnectError:  # a wrong passphrase, of a file that nobody named
                key = None
            if key is None:
                continue
            small = offer.blob and key.get_name() == "ssh-rsa" and key.get_bits() < SMALL_RSA
            self.offered.append(
                f"{offer.name}{f' (RSA of {key.get_bits()} bits: too small for many)' if small else ''}"
            )
            if self._enough(self._transport.auth_publickey, key):
                self.used = offer
                return True
            if self.methods and "publickey" not in self.methods:
                self._rest = ()  # they are of no use
                break
        return False

    def _with_password(self) -> bool:
        password = self._login.password
        if not password:
            return False
        if self._enough(self._transport.auth_password, password.reveal(), None, False):  # paramiko's fallback is ours
            return True
        interactive = "keyboard-interactive" in self.methods
        return interactive and self._enough(self._transport.auth_interactive, self._answers)

    def _answers(self, title: str, instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
        """The password to the first hidden prompt. A second one (a new password, a code) is not ours to answer."""
        answers = []
        for prompt, shown in prompts:
            if shown or self._unanswered or self._answered:
                self._unanswered = self._unanswered or prompt.strip()
                answers.append("")
            else:
                self._answered = True
                answers.append(self._login.password.reveal() if self._login.password else "")
        return answers

    def _refused(self, did: str) -> ConnectError:
        login = self._login
        if self._unanswered:
            return LoginRefused(
                f"cannot log in as {login.user} on {login.host}: the server asks for more than a password",
                details=f"it asks: {self._unanswered}",
                hint=f"log in once with `ssh {where(login)}`; if it wants a new password, set one; "
                "if it wants a code, use a key",
            )
        number = len(self.offered) + len(self._rest)
        of_all = f" of {number}" if self._rest and self.offered else ""
        tried = [f"{len(self.offered)}{of_all} key{'s' * (number != 1)}"]
        if login.password:
            tried.append("the password")
        return LoginRefused(
            f"cannot log in as {login.user} on {login.host}: the server {did} {' and '.join(tried)}",
            details=self._seen(),
            hint=self._way_out(),
            wants="password" if "password" in self.methods else "",
        )

    def _seen(self) -> str:
        """Each key that was offered, each that was not and why, and what the server would take."""
        lines = [] if self._login.key else ["no key was named"]
        lines += [f"tried: {name}" for name in self.offered]
        lines += [f"not tried: {key.name}" for key in self._rest]
        lines += [f"not used: {note}" for note in self._offers.notes]
        lines += [f"the server takes: {', '.join(self.methods)}"] if self.methods else []
        return "\n".join(lines)

    def _way_out(self) -> str:
        login = self._login
        if self._rest and self.offered:
            return (
                "name the right key with --key FILE (its public half is enough where the agent has the key): a server "
                "takes only a few tries"
            )
        if "password" in self.methods and not login.password:
            return f"give the password of {login.user}, or put your key there with: ssh-copy-id {where(login)}"
        if not login.key:
            return "name your key with --key FILE"
        return f"is it the right user, and is the public key in ~{login.user}/.ssh/authorized_keys on the server?"
