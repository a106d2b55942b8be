"""Which variables are secrets is decided in one place, where the project is read; every front goes by it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.project.conftest import Tree
from wizard.answers import file
from wizard.app.journey import Journey
from wizard.app.request import Request
from wizard.fronts.draft import Draft
from wizard.fronts.plain.questions import Questions, Variable
from wizard.project.inspect import inspect
from wizard.project.secret_names import may_be_shown, secret_name, secret_value
from wizard.recipe import Recipe
from wizard.secret import Secret

PLANTED = "pl4nted-T0ken"
SECRETS = [
    "SHOP_TOKEN", "shop_token", "STRIPE_API_KEY", "AWS_SECRET_ACCESS_KEY", "SENTRY_DSN", "SMTP_PASSWORD", "DB_PASSWD", "MAIL_PASS",
    "SMTP_PWD", "PGPASSPHRASE", "GOOGLE_CREDENTIALS", "HASHIDS_SALT", "JWT", "BASIC_AUTH", "SLACK_WEBHOOK_URL", "REDIS_URL",
    "MONGO_URI", "DATABASE_URL", "STORAGE_CONNECTION_STRING", "APP_PRIVATE_PEM", "TWILIO_AUTH", "FERNET_KEYS", "CARD_PIN",
]  # fmt: skip
OPEN = [
    "SHOP_NAME",
    "LANGUAGE",
    "SITE_URL",
    "STATIC_URL",
    "EMAIL_HOST",
    "PASSENGERS",
    "PINGS",
    "AUTHOR",
    "LOG_LEVEL",
]


@pytest.mark.parametrize("name", SECRETS)
def test_a_variable_named_like_a_secret_is_hidden(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize("name", OPEN)
def test_other_variables_are_typed_in_the_open(name: str) -> None:
    assert not secret_name(name)
    assert not secret_value(name, "plain")


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [("CELERY", "amqp://shop:pw@mq/1", True), ("SITE", "https://x.example/?token=abc", True), ("REDIS_URL", "redis://:pw@h", True),
     ("REDIS_URL", "redis://localhost:6379/0", False), ("API_URL", "https://api.example.org/v1", False)],
)  # fmt: skip
def test_an_address_is_a_secret_where_it_carries_one(name: str, value: str, secret: bool) -> None:
    assert secret_value(name, value) is secret
    assert may_be_shown(name, value) is not secret


def test_the_look_at_the_project_says_which_of_its_variables_are_secrets(project: Tree) -> None:
    text = (
        "import os\nA = os.environ['SHOP_TOKEN']\nB = os.environ['SHOP_NAME']\nC = os.environ.get('MAIL_AUTH', 'me:hunter22')\n"
        "EMAIL_HOST_PASSWORD = os.environ['POST']\n"
    )
    names = {n.name: n for n in inspect(project(text)).env_names}
    assert {name for name, n in names.items() if n.secret} == {"SHOP_TOKEN", "MAIL_AUTH", "POST"}
    assert names["MAIL_AUTH"].default is None


class Typist:
    """Stands for a terminal: answers every question with the planted text, and notes which ones were hidden."""

    def __init__(self) -> None:
        self.hidden: list[str] = []
        self.open: list[str] = []

    def text(self, text: str) -> None: ...
    def heading(self, text: str) -> None: ...
    def guide(self, text: str) -> None: ...

    def ask(self, name: str, default: str, validate: object) -> None:
        self.open.append(name)
        validate(PLANTED)  # type: ignore[operator]

    def ask_hidden(self, name: str, validate: object) -> None:
        self.hidden.append(name)
        validate(PLANTED)  # type: ignore[operator]


def test_a_token_typed_at_the_plain_front_is_hidden_masked_and_not_remembered(
    project: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIZARD_STATE_DIR", str(tmp_path / "state"))
    journey = Journey(Request(target="root@203.0.113.7"), lambda event: None)
    journey.found = inspect(project("import os\nA = os.environ['MAIL_AUTH']\nB = os.environ['SHOP_TOKEN']\n"))
    typist = Typist()
    questions = Questions.__new__(Questions)
    questions.terminal, questions.journey, questions.draft = typist, journey, Draft(journey)  # type: ignore[assignment]
    for name in journey.found.env_names:
        questions._variable(Variable(name).name)
    assert typist.hidden == ["MAIL_AUTH", "SHOP_TOKEN"] and typist.open == []
    assert journey.given.env == {"MAIL_AUTH": Secret(PLANTED), "SHOP_TOKEN": Secret(PLANTED)}
    assert PLANTED not in journey.mask(f"the site said: {PLANTED}")
    journey.remember()
    journey.save_answers(tmp_path / "answers.toml")
    kept = [p.read_text() for p in tmp_path.rglob("*.toml")]
    assert len(kept) == 2 and all(PLANTED not in text for text in kept)
    assert 'SHOP_TOKEN = {env = "SHOP_TOKEN"}' in kept[0] + kept[1]


def test_a_token_in_an_answers_file_is_a_secret_from_then_on(tmp_path: Path) -> None:
    document = {"env": {"SHOP_TOKEN": PLANTED, "BROKER": f"amqp://a:{PLANTED}@mq/", "SHOP_NAME": "Ana's", "LIMIT": 5}}
    given = file.check(document, list[Recipe](), where="x", folder=tmp_path)
    assert given.env == {
        "SHOP_TOKEN": Secret(PLANTED), "BROKER": Secret(f"amqp://a:{PLANTED}@mq/"), "SHOP_NAME": "Ana's", "LIMIT": "5",
    }  # fmt: skip
    journey = Journey(Request(given=given), lambda event: None)
    journey.given = given
    assert PLANTED not in journey.mask(f"{PLANTED} {os.linesep} amqp://a:{PLANTED}@mq/")
