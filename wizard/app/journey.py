"""What one command holds from its target to its end: the request, the answers, the project, the session. Knows no front."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wizard import catalog, local_state
from wizard.answers import file, kept, remembered
from wizard.answers.earlier import Earlier
from wizard.answers.given import Given
from wizard.answers.resolve import Ask, complete
from wizard.app.request import Request
from wizard.engine.remote.session import Emit, Session
from wizard.engine.runner import Decide
from wizard.printable import printable
from wizard.recipe import Answers, LoginAs, Recipe
from wizard.secret import Secret, masked
from wizard.transport.base import AskHostKey


@dataclass
class Journey:
    """Holds what the stations of one journey found out. Close it at the end."""

    request: Request
    emit: Emit
    ask_host_key: AskHostKey | None = None
    decide: Decide | None = None  # asks the person; None where there is nobody
    recipes: list[Recipe] = field(default_factory=list)
    chosen: list[Recipe] = field(default_factory=list)
    answered: list[Recipe] = field(default_factory=list)  # the chosen ones and those that they need
    given: Given = field(default_factory=Given)
    remembered: set[tuple[str, str]] = field(default_factory=set)  # answers that only this computer's memory gave
    earlier: Earlier = field(default_factory=Earlier)  # answers of an earlier set-up, here or elsewhere
    found: Any = None
    seen: Any = None  # what was found last, also while another source is looked at
    session: Session | None = None
    answers: Answers | None = None
    adopted: set[str] = field(default_factory=set)  # things that the person lets us take over
    login_lines: dict[LoginAs, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Recipes and the answers file, checked. Touches no network."""
        self.recipes = catalog.load(self.request.recipes)
        self.chosen = catalog.selected(self.recipes, only=self.request.only, until=self.request.until)
        self.answered = catalog.with_needs(self.chosen, self.recipes)
        if self.request.answers is not None:
            self.given = file.read(self.request.answers, self.recipes)
        if self.request.given is not None:
            for table, values in self.request.given.tables.items():
                self.given.tables[table] = {**values, **self.given.tables.get(table, {})}
            self.given.env = {**self.request.given.env, **self.given.env}

    @property
    def connected(self) -> Session:
        """The session. A journey is planned and run only once it is connected."""
        assert self.session is not None, "connect first"
        return self.session

    @property
    def answered_all(self) -> Answers:
        """The answers, complete. They are needed only once `answer` has made them."""
        assert self.answers is not None, "answer first"
        return self.answers

    # -- answers --------------------------------------------------------------------------------------------------

    def answer(self, ask: Ask | None = None) -> Answers:
        """Every question answered, for the server that the session is connected to."""
        session = self.connected
        self.leave_behind(self.found)
        self.answers = complete(
            self.given,
            self.recipes,
            server=session.server,
            found=self.found,
            secrets=session.secrets,
            ask=ask,
            needed=self.answered,
        )
        return self.answers

    def leave_behind(self, found: Any) -> None:
        """Drops what an earlier set-up of another project has answered, as far as that can be told with what was found."""
        self.earlier.leave_behind(self.given, self.recipes, found)

    def recall(self) -> None:
        """Takes up what was answered on this computer before, where nothing newer is given."""
        before = remembered.read(self.request.target, self.recipes)
        if before is None:
            return
        self.remembered |= self.earlier.take_up(self.given, before, over=set())
        if not self.earlier.of_another_project(self.given, self.recipes):
            self.given.env = {**before.env, **self.given.env}
        self.leave_behind(self.found)

    def remember(self) -> None:
        """Keeps the answers (but for secrets) on this computer, for the next run."""
        remembered.keep(self.request.target, self.given, self.recipes)

    def save_answers(self, path: Path) -> None:
        """An answers file with every answer given so far; secrets as references. OSError where it cannot be written."""
        remembered.save(self.given, self.recipes, path)

    def leave_answers(self) -> None:
        """Keeps the answers (but for secrets) on the server, where it has others; the session holds the lock."""
        session = self.connected
        text = kept.dumps(self.answered_all, self.answered, session.kept_answers)
        if text != session.kept_answers:
            session.keep_answers(text)
        if new := sorted(self.adopted - session.journal.adopted):
            session.write("adopt", session.journal_line("adopted", names=new))
            session.journal.add({"event": "adopted", "names": new})

    # -- secrets, the end -----------------------------------------------------------------------------------------

    def mask(self, text: str) -> str:
        """The text without any secret that this journey knows, and without what a terminal would act on."""
        secrets = [
            s
            for values in (*self.given.tables.values(), self.given.env)
            for s in values.values()
            if isinstance(s, Secret)
        ]
        secrets += self.answers.all_secrets() if self.answers else []
        secrets += self.session.secrets.values() if self.session else []
        login = (self.request.password, self.request.passphrase, self.request.sudo_password)
        return printable(masked(text, [*secrets, *(s for s in login if s)]))

    def close(self) -> None:
        """Gives the lock back, and remembers how to get in again."""
        if self.session is None:
            return
        session, self.session = self.session, None
        memory = local_state.recall(session.transport.login)
        users = [way.user for way in session.ways_in]
        if session.journal.id:
            memory.target = self.request.target
            memory.users = list(dict.fromkeys([session.transport.login.user, *users, *memory.users]))
            memory.journal, memory.size = session.journal.id, session.journal.size
            memory.checkpoints = [c.step for c in session.journal.checkpoints]
            memory.at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            local_state.remember(session.transport.login, memory)
        session.close()
