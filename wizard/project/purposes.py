"""What a variable is for: from the setting that it ends in, or else from its name.

Must not know how the settings are put together.
"""

from __future__ import annotations

import re

from wizard.project.found import EnvName
from wizard.project.reads import Read
from wizard.project.secret_names import may_be_shown, secret_name

DATABASE_KEYS = {"NAME", "USER", "PASSWORD", "HOST", "PORT", "ENGINE"}
# What a variable is for follows from the setting that it ends in; its own name decides only where that says nothing.
SETTINGS = {
    "SECRET_KEY": "secret_key",
    "DEBUG": "debug",
    "ALLOWED_HOSTS": "allowed_hosts",
    "CSRF_TRUSTED_ORIGINS": "csrf",
    "DATABASES": "database_url",
    "STATIC_ROOT": "static_root",
    "STATIC_URL": "static_url",
    "MEDIA_ROOT": "media_root",
    "MEDIA_URL": "media_url",
    "CACHES": "cache_url",
    "CELERY_BROKER_URL": "broker_url",
    "BROKER_URL": "broker_url",
    "CELERY_RESULT_BACKEND": "results_url",
    "CHANNEL_LAYERS": "channels_url",
    "RQ_QUEUES": "redis_url",
    "HUEY": "redis_url",
    "EMAIL_HOST_PASSWORD": "email_password",
    "SECURE_SSL_REDIRECT": "ssl_redirect",
    "SECURE_PROXY_SSL_HEADER": "proxy_header",
    "SECURE_HSTS_SECONDS": "hsts",
    "SESSION_COOKIE_SECURE": "secure_cookies",
    "CSRF_COOKIE_SECURE": "secure_cookies",
    "TIME_ZONE": "time_zone",
}
# Settings that a store in memory or a queue stands behind: what their variables are for follows from these alone.
QUEUES = {"CACHES", "CELERY_BROKER_URL", "BROKER_URL", "CELERY_RESULT_BACKEND", "CHANNEL_LAYERS", "RQ_QUEUES", "HUEY"}
_NO_ADDRESS = {"BACKEND", "KEY_PREFIX", "TIMEOUT", "VERSION", "KEY_FUNCTION", "PREFIX", "NAME"}
_QUEUE_PARTS = {
    "HOST": "redis_host", "PORT": "redis_port", "PASSWORD": "redis_password", "PASS": "redis_password",
    "DB": "redis_database",
}  # fmt: skip
_DATABASE = r"(?!.*(MONGO|REDIS))(.*_)?(DATABASE|DB|POSTGRES|POSTGRESQL|PG|SQL|MYSQL|MARIADB)"
BY_NAME = {
    r"((DJANGO|APP|SITE|WEB)_)?SECRET(_KEY)?": "secret_key",
    r"((DJANGO|APP)_)?DEBUG": "debug",
    r"((DJANGO|APP|SITE|WEB)_)?ALLOWED_HOSTS?": "allowed_hosts",
    r"((DJANGO|APP|SITE|WEB)_)?CSRF_(TRUSTED_)?ORIGINS?": "csrf",
    _DATABASE + r"_UR[LI]": "database_url",
    _DATABASE + r"_?(NAME|DB|DATABASE)": "database_name",
    _DATABASE + r"_?USER(NAME)?": "database_user",
    _DATABASE + r"_?PASS(WORD)?": "database_password",
    _DATABASE + r"_?HOST": "database_host",
    _DATABASE + r"_?PORT": "database_port",
    r"(.*_)?STATIC_ROOT": "static_root",
    r"(.*_)?MEDIA_ROOT": "media_root",
    r"(.*_)?REDIS_?(TLS_)?UR[LI]": "redis_url",
    r"(.*_)?REDIS_?HOST(NAME)?": "redis_host",
    r"(.*_)?REDIS_?PORT": "redis_port",
    r"(.*_)?REDIS_?(PASS(WORD)?|AUTH)": "redis_password",
    r"(.*_)?REDIS_?DB": "redis_database",
    r"(.*_)?BROKER_UR[LI]": "broker_url",
    r"(.*_)?CELERY_BROKER": "broker_url",
    r"(.*_)?(CELERY_)?RESULT_BACKEND": "results_url",
    r"(.*_)?CACHE_UR[LI]": "cache_url",
    r"CHANNELS?(_LAYERS?)?_UR[LI]": "channels_url",
    r"(.*_)?EMAIL_HOST_PASSWORD": "email_password",
    r"SENTRY_DSN": "sentry",
    r"TZ|TIME_?ZONE": "time_zone",
}
SECRETS = {
    "secret_key",
    "database_password",
    "database_url",
    "email_password",
    "sentry",
    "redis_url",
    "redis_password",
    "broker_url",
    "results_url",
    "channels_url",
    "cache_url",
}
# secret only with a password in them
ADDRESSES = {"database_url", "redis_url", "broker_url", "results_url", "channels_url", "cache_url"}


def env_name(path: str, read: Read, behind: dict[str, set[str]]) -> EnvName:
    """A read as the variable that it reads. behind: the names that each of the settings in question is made of."""
    purpose = _purpose(read, behind)
    secret = purpose in SECRETS or secret_name(read.name)
    default = read.default
    if default and (purpose in SECRETS - ADDRESSES or not may_be_shown(read.name, default)):
        default = None
    # Without a default, `.get` gives None, which Django refuses for this one.
    required = read.required or (purpose == "secret_key" and read.default is None and read.target == "SECRET_KEY")
    where = f"{path}:{read.line}"
    kind = "url" if purpose == "database_url" else read.kind
    return EnvName(read.name, required, default, where, purpose, kind, read.separator, read.when, secret)


def _purpose(read: Read, behind: dict[str, set[str]]) -> str | None:
    if read.target in SETTINGS:
        return _of_setting(read.target or "", read)
    by_name = next((purpose for name, purpose in BY_NAME.items() if re.fullmatch(name, read.name, re.I)), None)
    if by_name or read.target is None:
        return by_name
    setting = next((s for s, names in behind.items() if read.target in names and _may_be(s, read)), None)
    return _of_setting(setting, read) if setting else None


def _may_be(setting: str, read: Read) -> bool:
    """Much that has nothing to do with an address may stand behind a queue's setting, such as the name of the site."""
    named = re.search(r"REDIS|CACHE|BROKER|CELERY|CHANNEL|QUEUE", f"{read.name} {read.target}", re.I)
    return setting not in QUEUES or bool(named) or (read.default or "").startswith("redis")


def _of_queue(setting: str, read: Read) -> str | None:
    """A part of an address by the variable's name or the key that it goes to; the whole address otherwise."""
    by_name = next((purpose for name, purpose in BY_NAME.items() if re.fullmatch(name, read.name, re.I)), None)
    if by_name and by_name.startswith("redis_") and by_name != "redis_url":
        return by_name
    if read.key in _NO_ADDRESS or read.kind in {"int", "bool", "truthy"}:
        return "redis_port" if "PORT" in (read.key or "") else None
    return _QUEUE_PARTS.get((read.key or "").upper(), SETTINGS[setting])


def _of_setting(setting: str, read: Read) -> str | None:
    if setting in QUEUES:
        return _of_queue(setting, read)
    if setting == "DATABASES":
        if read.key in DATABASE_KEYS:
            return f"database_{read.key.lower()}" if read.key else None
        by_url = read.kind == "url" or "URL" in read.name.upper()
        return "database_url" if by_url else None
    return SETTINGS[setting]


def merged(one: EnvName, other: EnvName) -> EnvName:
    """Required where one of the reads needs it always; the rest as at the first place."""
    first, second = (one, other) if one.required or not other.required else (other, one)
    when = None if None in (one.when, other.when) else first.when
    default = first.default if first.default is not None else second.default
    kind = first.kind if first.kind != "text" else second.kind
    separator = first.separator if first.kind == "list" else second.separator
    purpose = first.purpose or second.purpose
    secret = one.secret or other.secret
    return EnvName(one.name, first.required, default, one.where, purpose, kind, separator, when, secret)
