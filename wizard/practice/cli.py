"""`wizard practice …`: the commands for practice servers. Must not know how a server boots or is set up."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wizard.practice.fleet import Fleet, PracticeServer

default_action: Callable[[click.Context], None] | None = None
"""What `wizard practice` alone does; the top level, which knows how to set a server up, puts it here."""

RELEASES, LOGINS = ("bookworm", "trixie"), ("root", "sudo", "sudo-password")  # a test holds them to the real ones
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout; words on stderr.")


@click.group(invoke_without_command=True, short_help="Disposable real Debian servers on this computer.")
@click.option("--front", type=click.Choice(["tui", "plain", "headless"]), help="How to talk to you.")
@click.option("--accessible", is_flag=True, help="Numbered questions and plain lines (or ACCESSIBLE=1).")
@JSON
@click.pass_context
def practice(ctx: click.Context, as_json: bool, front: str | None, accessible: bool) -> None:
    """Practise on this computer: disposable real Debian servers. Without a command: boot one and set the sample project up.

    \b
    Examples:
      wizard practice                          a server with the sample project on it
      wizard practice up one                   a bare server
      wizard setup practice:one                set it up
      wizard practice reset one                bare again, in seconds
      wizard practice down --all
    """
    ctx.obj = as_json  # `wizard practice --json up one` and `wizard practice up one --json` are the same
    if ctx.invoked_subcommand is None:
        if default_action is None:
            click.echo(ctx.get_help())
        else:
            default_action(ctx)


def _command(function: Callable[..., Any]) -> click.Command:
    """A subcommand named as its function, with --json."""
    return practice.command(name=function.__name__.rstrip("_").replace("_", "-"))(JSON(function))


@_command
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@click.option("--release", type=click.Choice(RELEASES), default="bookworm", show_default=True)
@click.option("--memory", metavar="AMOUNT", help="A limit such as 512M or 1G.")
@click.option(
    "--disk", metavar="AMOUNT", help="A disk of its own, such as 3G: it can be full, and a power cut is a real one."
)
@click.option("--login", type=click.Choice(LOGINS), default="root", show_default=True, help="How one gets in.")
def up(names: tuple[str, ...], release: str, memory: str | None, disk: str | None, login: str, as_json: bool) -> None:
    """Boot servers; make those that aren't there yet. One that is there keeps its release, memory, disk and login.

    \b
    Examples:
      wizard practice up one
      wizard practice up real --disk 3G
      wizard practice up small --release trixie --memory 512M --login sudo-password
    """
    fleet = _fleet()
    for name in names:
        _show([fleet.up(name, release=release, memory=memory, disk=disk, login=login, say=_say)], fleet, as_json)


@_command
def list_(as_json: bool) -> None:
    """List the servers and how to log in.

    \b
    Example:
      wizard practice list --json
    """
    fleet = _fleet()
    servers = fleet.list()
    _show(servers, fleet, as_json)
    if not servers:
        _say("no practice servers; make one: wizard practice up NAME")


@_command
@click.argument("name")
def reset(name: str, as_json: bool) -> None:
    """Make NAME as it was before its first boot: same address, same keys.

    \b
    Example:
      wizard practice reset one
    """
    fleet = _fleet()
    _say(f"making {name} as it was before its first boot, and booting it")
    _show([fleet.reset(name)], fleet, as_json)


@_command
@click.argument("name")
@click.argument("tag")
def snapshot(name: str, tag: str, as_json: bool) -> None:
    """Keep a copy of NAME's disk under TAG; the server shuts down for it and boots again.

    \b
    Example:
      wizard practice snapshot one before-upgrade
    """
    fleet = _fleet()
    _say(f"shutting {name} down, keeping a copy of its disk, and booting it")
    _show([fleet.snapshot(name, tag)], fleet, as_json)


@_command
@click.argument("name")
@click.argument("tag")
def restore(name: str, tag: str, as_json: bool) -> None:
    """Put NAME's disk back to the snapshot TAG, and boot.

    \b
    Example:
      wizard practice restore one before-upgrade
    """
    fleet = _fleet()
    _say(f"putting the disk of {name} back, and booting it")
    _show([fleet.restore(name, tag)], fleet, as_json)


@_command
@click.argument("name")
def reboot(name: str, as_json: bool) -> None:
    """Reboot NAME cleanly and wait for it.

    \b
    Example:
      wizard practice reboot one
    """
    fleet = _fleet()
    _say(f"rebooting {name}")
    _show([fleet.reboot(name)], fleet, as_json)


@_command
@click.argument("name")
def pull_plug(name: str, as_json: bool) -> None:
    """Cut NAME's power: every process dies at once. Then boot it again from what is on its disk.

    With a disk of its own (up --disk) it loses what had not been written to it yet, as a real server does; without one it
    does not.

    \b
    Example:
      wizard practice pull-plug one
    """
    fleet = _fleet()
    _say(f"cutting the power of {name}, and booting it")
    _show([fleet.pull_plug(name)], fleet, as_json)


@_command
@click.argument("names", nargs=-1, metavar="[NAME…]")
@click.option("--all", "every", is_flag=True, help="All of them, and what a crash has left behind.")
def down(names: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Remove servers with all they have on this computer: disk, network, processes.

    \b
    Examples:
      wizard practice down one
      wizard practice down --all
    """
    if every == bool(names):
        raise click.UsageError("give the names of servers, or --all")
    fleet = _fleet()
    removed = fleet.down_all() if every else names
    for name in removed:
        if not every:
            fleet.down(name)
        click.echo(json.dumps({"name": name, "down": True}) if _json(as_json) else f"{name} is gone")


def _fleet() -> Fleet:
    from wizard.practice.fleet import Fleet

    return Fleet()


def _say(words: str) -> None:
    click.echo(words, err=True)


def _json(as_json: bool) -> bool:
    return as_json or bool(click.get_current_context().obj)


def _show(servers: Iterable[PracticeServer], fleet: Fleet, as_json: bool) -> None:
    for server in servers:
        facts = {**server.facts(), "running": fleet.running(server.name)}
        click.echo(json.dumps(facts) if _json(as_json) else _words(server, running=bool(facts["running"])))


def _words(server: PracticeServer, *, running: bool) -> str:
    ssh = ["ssh", "-i", str(server.key), "-o", f"UserKnownHostsFile={server.known_hosts}"]
    ssh.append(f"{server.user}@{server.host}")
    state = "" if running else " (off)"
    password = f"\n  sudo password: in {server.sudo_password_file}" if server.sudo_password else ""
    return f"{server.name}{state}: Debian {server.release}\n  {shlex.join(ssh)}{password}"
