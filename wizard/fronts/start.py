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
from wizard.text import text

WHAT = text("fronts.start.puts_django_website_server")
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
    choices: dict[str, str] = {"practise": text("fronts.start.practise_computer_small_guestbook")}
    choices |= {
        name: text("fronts.start.go", target=server.target, server=standing(server, steps))
        for name, server in recent.items()
    }
    choices |= {"real": text("fronts.start.set_up_real_server"), "quit": text("fronts.start.quit")}
    while True:
        screen.text("")
        try:
            match screen.choose(text("fronts.start.do_you_want_do"), choices, "practise"):
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
    screen.heading(text("fronts.start.set_up_server"))
    try:
        commands.setup(_at(options, _address(screen)))
    except Back:
        screen.text(text("fronts.start.nothing_set_up"))


def _address(screen: Terminal) -> str:
    screen.text(text("fronts.start.address_server_account_name"))
    return ways_in.address(screen)


def _at(options: Options, target: str) -> Options:
    options.target = target
    return options
