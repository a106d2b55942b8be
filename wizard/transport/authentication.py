"""How a login proves who it is: its keys (see keys.py), then its password. Must not know of hosts or scripts.

Debian 13's sshd punishes wrong keys with silence, so a key that was named is the only one offered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wizard.errors import ConnectError, LoginRefused
from wizard.text import text
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
            raise self._refused("transport.authentication.closed") from e
        raise self._refused("transport.authentication.refused")

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
                text("transport.authentication.small_rsa", name=offer.name, bits=key.get_bits())
                if small
                else offer.name
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

    def _refused(self, code: str) -> ConnectError:
        login = self._login
        if self._unanswered:
            return LoginRefused(
                "transport.authentication.wants_more",
                user=login.user,
                host=login.host,
                login=where(login),
                details=text("transport.authentication.asks", unanswered=self._unanswered),
            )
        number = len(self.offered) + len(self._rest)
        some = "tried_some" if self._rest and self.offered else "tried_all"
        tried = text(f"transport.authentication.{some}", tried=len(self.offered), n=number)
        if login.password:
            tried = text("transport.authentication.tried_password", tried=tried)
        return LoginRefused(
            code,
            user=login.user,
            host=login.host,
            tried=tried,
            details=self._seen(),
            hint=self._way_out(),
            wants="password" if "password" in self.methods else "",
        )

    def _seen(self) -> str:
        """Each key that was offered, each that was not and why, and what the server would take."""
        lines = [] if self._login.key else [text("transport.authentication.no_key")]
        lines += [text("transport.authentication.was_tried", name=name) for name in self.offered]
        lines += [text("transport.authentication.not_tried", name=key.name) for key in self._rest]
        lines += [text("transport.authentication.not_used", note=note) for note in self._offers.notes]
        lines += (
            [text("transport.authentication.server_takes", methods=", ".join(self.methods))] if self.methods else []
        )
        return "\n".join(lines)

    def _way_out(self) -> str:
        login = self._login
        if self._rest and self.offered:
            return text("transport.authentication.name_right_key")
        if "password" in self.methods and not login.password:
            return text("transport.authentication.give_password", user=login.user, login=where(login))
        if not login.key:
            return text("transport.authentication.name_key")
        return text("transport.authentication.right_user", user=login.user)
