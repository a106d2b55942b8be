"""Who may log in, proved by the server's own answers to new connections. Must not know how sshd is configured."""

from __future__ import annotations

import contextlib

from wizard.checks.base import Check, Finding, Vantage, from_outside
from wizard.errors import ConnectError, LoginRefused, WizardError
from wizard.secret import Secret
from wizard.text import text

BY_PASSWORD = {"password", "keyboard-interactive", "none"}


def login_works(user: str, sudo_password: Secret | None = None) -> Check:
    """A new connection as this user, with the run's own key, gets in and becomes root through sudo."""

    def look(vantage: Vantage) -> Finding:
        connection = vantage.transport.another(vantage.login.as_user(user, sudo_password=sudo_password))
        try:
            with contextlib.closing(connection):
                connection.connect()
                name = connection.run("id -un", root=False, label="a login").out.strip()
                root = connection.run("id -un", root=True, label="sudo").out.strip()
        except WizardError as e:
            seen = ": ".join(filter(None, (e.message, e.details.splitlines()[0] if e.details else "")))
            return Finding(False, seen, final=isinstance(e, LoginRefused))
        return Finding(name == user and root == "root", text("checks.ssh_login.logged_in", name=name, root=root))

    set_in = text("checks.ssh_login.login_set_in", user=user)
    return from_outside(
        text("checks.ssh_login.login", user=user),
        look,
        wanted=text("checks.ssh_login.login_wanted", user=user),
        set_in=set_in,
    )


def password_login_refused(user: str) -> Check:
    """The server does not even offer to take a password from this user."""

    def look(vantage: Vantage) -> Finding:
        from wizard.transport.probe import offered

        try:
            methods = offered(vantage.transport, user).methods
        except ConnectError as e:
            return Finding(False, e.message)
        return Finding(
            not BY_PASSWORD & set(methods),
            text("checks.ssh_login.takes", user=user, methods=", ".join(methods)),
        )

    return from_outside(
        text("checks.ssh_login.no_password", user=user),
        look,
        wanted=text("checks.ssh_login.keys_only"),
        set_in=text("checks.ssh_login.sshd_config"),
    )


def root_login_refused() -> Check:
    """root is refused: with the run's own key, which is the one that root's account had; and no password is taken.

    It costs one refused login, once in a run: where root was refused in it already, that is the proof.
    """

    def look(vantage: Vantage) -> Finding:
        from wizard.transport.probe import knock, offered

        known = "root" in vantage.refused
        try:
            reply = (
                offered(vantage.transport, "root") if known else knock(vantage.transport, vantage.login.as_user("root"))
            )
        except ConnectError as e:
            return Finding(False, e.message)
        if reply.let_in:
            return Finding(False, text("checks.ssh_login.root_gets_in"))
        vantage.refused.add("root")
        refused = not BY_PASSWORD & set(reply.methods)
        return Finding(refused, text("checks.ssh_login.root_refused", methods=", ".join(reply.methods)))

    return from_outside(
        text("checks.ssh_login.no_root"),
        look,
        wanted=text("checks.ssh_login.no_root_wanted"),
        set_in=text("checks.ssh_login.sshd_config"),
    )
