"""Reads the environment. Knows nothing of Django's settings but how a database is written as a URL."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ENGINES = {
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "sqlite": "django.db.backends.sqlite3",
}


def required(name: str) -> str:
    """The variable's text; without it the site refuses to start."""
    value = os.environ.get(name)
    if not value:
        raise ImproperlyConfigured(f"the environment variable {name} is missing: README.md lists them all")
    return value


def flag(name: str, default: str = "off") -> bool:
    """on, true, yes and 1 mean yes; anything else means no."""
    return os.environ.get(name, default).strip().lower() in {"on", "true", "yes", "1"}


def words(name: str, default: str = "") -> list[str]:
    """A list, written with commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def number(name: str, default: str) -> int:
    """A whole number."""
    text = os.environ.get(name, default)
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"the environment variable {name} is not a whole number") from None


def database(name: str, default: str) -> dict[str, object]:
    """A database, written as `postgres://user:password@host:5432/name` or `sqlite:///path`, for DATABASES.

    Special characters in user and password are percent-encoded. What follows a `?` goes to the driver.
    """
    try:
        url = urlsplit(os.environ.get(name, default))
        engine, port = ENGINES[url.scheme], url.port or ""
    except (KeyError, ValueError):
        # The URL holds a password, so the error does not repeat it.
        raise ImproperlyConfigured(f"{name} is not like postgres://user:password@host:5432/name") from None
    path = unquote(url.path)[1:]
    if engine == ENGINES["sqlite"]:
        return {"ENGINE": engine, "NAME": Path(path) if path else ":memory:"}
    options = dict(parse_qsl(url.query))
    return {
        "ENGINE": engine,
        "NAME": path,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        # A socket's directory is written as ?host=/run/postgresql
        "HOST": options.pop("host", url.hostname or ""),
        "PORT": port,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
