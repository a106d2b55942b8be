"""Redis and Celery: what the files tell of how a project gets at them."""

from __future__ import annotations

import pytest

from tests.project.conftest import Tree
from wizard.project.inspect import Found, Problem, inspect

APP = 'from celery import Celery\napp = Celery("site1")\napp.config_from_object("django.conf:settings", namespace="CELERY")\n'
CACHE = 'CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": %s}}'
HEAD = "import os\nimport environ\nenv = environ.Env()\n"


def look(project: Tree, settings: str, packages: str = "Django\nredis\ncelery\n", **files: str) -> Found:
    return inspect(project(HEAD + settings, {"requirements.txt": packages, **files}))


def variables(found: Found) -> dict[str, tuple[str, str]]:
    return {one.name: (one.part, one.database) for one in found.redis.variables} if found.redis else {}


def codes(found: Found) -> set[str]:
    ours = ("redis", "celery", "broker", "worker")
    return {one.code for one in found.problems if any(word in one.code for word in ours)}


@pytest.mark.parametrize(
    "settings, expected",
    [
        (CACHE % 'os.environ.get("CACHE_ADDRESS")', {"CACHE_ADDRESS": ("url", "1")}),
        (CACHE % 'env("REDIS_URL", default="redis://redis:6379/4")', {"REDIS_URL": ("url", "4")}),
        (CACHE % 'env("REDIS_URL", default="redis://localhost:6379")', {"REDIS_URL": ("url", "")}),
        ('REDIS_URL = env("MEMORY")\n' + CACHE % "REDIS_URL", {"MEMORY": ("url", "1")}),
        ('CACHES = {"default": env.cache()}', {"CACHE_URL": ("url", "1")}),
        ('CELERY_BROKER_URL = os.environ.get("BROKER", "redis://127.0.0.1:6379/0")', {"BROKER": ("url", "0")}),
        (
            'CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", '
            '"CONFIG": {"hosts": [env("LAYER_URL")]}}}',
            {"LAYER_URL": ("url", "2")},
        ),
        (
            'CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "KEY_PREFIX": env("CACHE_PREFIX"), '
            "\"LOCATION\": f\"redis://:{env('REDIS_PASSWORD')}@{env('REDIS_HOST')}:{env('REDIS_PORT')}/0\"}}",
            {"REDIS_PASSWORD": ("password", ""), "REDIS_HOST": ("host", ""), "REDIS_PORT": ("port", "")},
        ),
    ],
)
def test_variables_that_say_where_redis_is(project: Tree, settings: str, expected: dict[str, tuple[str, str]]) -> None:
    found = look(project, settings)
    assert variables(found) == expected and found.redis and found.redis.written is None
    assert not any(name.is_open for name in found.env_names if name.name in expected)
    assert codes(found) & {"uses_redis", "redis_without_password", "needs_redis"} == {"uses_redis"}


@pytest.mark.parametrize(
    "settings",
    [
        CACHE % '"redis://127.0.0.1:6379/1"',
        'CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", '
        '"CONFIG": {"hosts": [("127.0.0.1", 6379)]}}}',
        'CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", '
        '"CONFIG": {"hosts": [(os.environ.get("REDIS_HOST", "localhost"), 6379)]}}}',
        'RQ_QUEUES = {"default": {"HOST": "localhost", "PORT": 6379, "DB": 0}}',
    ],
)
def test_an_address_in_the_code_leaves_no_room_for_a_password(project: Tree, settings: str) -> None:
    found = look(project, settings)
    assert found.redis and found.redis.written == "site1/settings.py:4"
    assert {"uses_redis", "redis_without_password"} <= codes(found)


def test_an_address_of_another_computer_in_the_code_is_not_covered(project: Tree) -> None:
    found = look(project, CACHE % '"redis://redis:6379/1"')
    assert found.redis is None
    assert Problem("needs_redis", "site1/settings.py", 4, "CACHES", "redis") in found.problems


def test_celery_is_told_by_its_own_variable_where_the_code_has_an_address(project: Tree) -> None:
    settings = 'CELERY_BROKER_URL = "redis://redis:6379/5"\nCELERY_RESULT_BACKEND = "redis://redis:6379/6"\n'
    found = look(project, settings, **{"site1/celery.py": APP})
    assert variables(found) == {"CELERY_BROKER_URL": ("url", "5"), "CELERY_RESULT_BACKEND": ("url", "6")}
    assert found.redis and found.redis.written is None and codes(found) == {"uses_redis", "uses_celery"}


def test_a_project_with_another_cache_needs_no_redis(project: Tree) -> None:
    for settings in (
        'CACHES = {"default": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache", "LOCATION": env("CACHE")}}',
        'CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}',
        'CACHES = {"default": env.cache(default="locmemcache://")}',
    ):
        found = look(project, settings, "Django\n")
        assert found.redis is None and not codes(found)


def test_the_celery_app_is_found_with_its_broker_and_schedule(project: Tree) -> None:
    broker = 'CELERY_BROKER_URL = env("CELERY_BROKER_URL")\n'
    for more, beat in (
        ("", ""),
        ("CELERY_BEAT_SCHEDULE = {}\n", "file"),
        ('INSTALLED_APPS = ["django_celery_beat"]\n', "database"),
    ):
        found = look(project, broker + more, **{"site1/celery.py": APP, "other/queue.py": APP})
        assert found.celery and (found.celery.app, found.celery.where) == ("site1.celery:app", "site1/celery.py:2")
        assert (found.celery.broker, found.celery.beat) == ("redis", beat)
        assert "needs_worker" not in codes(found)


def test_an_app_that_names_its_broker_itself(project: Tree) -> None:
    written = (
        APP.replace('Celery("site1")', 'Celery("site1", broker="redis://localhost")') + "app.conf.beat_schedule = {}\n"
    )
    found = look(project, "", "Django\ncelery\n", **{"site1/tasks/app.py": written})
    assert found.celery and (found.celery.app, found.celery.beat) == ("site1.tasks.app:app", "file")
    assert found.redis and found.redis.package == "celery[redis]" and "CELERY_BROKER_URL" in variables(found)


def test_a_broker_that_is_not_covered_is_said(project: Tree) -> None:
    settings = 'CELERY_BROKER_URL = os.environ.get("BROKER", "amqp://guest@localhost//")'
    found = look(project, settings, "Django\ncelery\n", **{"site1/celery.py": APP})
    assert found.celery and found.celery.broker == "amqp" and found.redis is None
    assert Problem("needs_broker", "site1/celery.py", 2, "amqp") in found.problems
    assert next(name for name in found.env_names if name.name == "BROKER").is_open


def test_celery_without_an_app_is_said_to_need_a_worker(project: Tree) -> None:
    assert Problem("needs_worker", "celery") in look(project, "").problems
