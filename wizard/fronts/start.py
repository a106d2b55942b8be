"""`wizard practice` at a plain terminal: practise, go on with a server that is known here, or set up a real one."""

from __future__ import annotations

from wizard import local_state
from wizard.catalog import load
from wizard.fronts import commands
from wizard.fronts.options import Options
from wizard.fronts.plain import ways_in
from wizard.fronts.plain.terminal import Back, Terminal
from wizard.fronts.plain.terminals import terminal
from wizard.fronts.standing import standing

WHAT = (
    "This puts a Django website on a server of your own, and explains every step. A server is a computer that is always "
    "on, usually rented from a provider, and reached over the network. A practice server is a real Debian Linux in a box "
    "on this computer: nothing that you do there can break anything, and it is thrown away afterwards."
)
MOST = 3  # known servers that are offered


def start(options: Options) -> None:
    """Asks, and goes there; without anybody to ask it practises."""
    if not options.asks:
        commands.practice(options)
        return
    screen = terminal(numbered=options.numbered, mask=str)
    screen.heading("wizard")
    screen.text(WHAT)
    steps = [step.id for recipe in load() for step in recipe.steps]
    recent = {f"known-{i}": server for i, server in enumerate(local_state.recent()[:MOST])}
    choices = {"practise": "practise on this computer, with a small guestbook as the website"}
    choices |= {name: f"go on with {server.target} ({standing(server, steps)})" for name, server in recent.items()}
    choices |= {"real": "set up a real server: you need its address and a way to log in", "quit": "quit"}
    while True:
        screen.text("")
        try:
            match screen.choose("What do you want to do?", choices, "practise"):
                case "practise":
                    commands.practice(options)
                case "real":
                    commands.setup(_at(options, _address(screen)))
                case "quit":
                    pass
                case name:
                    commands.go_on(_at(options, recent[name].target))
            return
        except Back:
            continue


def setup_somewhere(options: Options) -> None:
    """`wizard setup` without a target: asks for the server, then sets it up. `<` leaves it."""
    screen = terminal(numbered=options.numbered, mask=str)
    screen.heading("Set up a server")
    try:
        commands.setup(_at(options, _address(screen)))
    except Back:
        screen.text("Nothing was set up.")


def _address(screen: Terminal) -> str:
    screen.text(
        "\nThe address of the server: an account on it, @, and its name or number, such as root@203.0.113.7. Your provider "
        "sent you both. A Host of ~/.ssh/config will do as well."
    )
    return ways_in.address(screen)


def _at(options: Options, target: str) -> Options:
    options.target = target
    return options
