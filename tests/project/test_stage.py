"""Settings that a variable chooses, and settings packages that hold none themselves."""

from __future__ import annotations

import pytest

from tests.project.conftest import MANAGE, Tree
from wizard.project.inspect import inspect

HEAD = "import os\nDEBUG = True\n"


@pytest.mark.parametrize(
    "settings, production",
    [
        (
            "ENVIRONMENT = os.getenv('ENVIRONMENT', 'development')\nif ENVIRONMENT == 'production':\n    DEBUG = False\n",
            "production",
        ),
        ("DEBUG = os.environ.get('DJANGO_ENV') != 'prod'\n", "prod"),
        ("if os.environ.get('STAGE') in ('staging', 'live'):\n    DEBUG = False\n", "live"),
        ("match os.environ.get('APP_ENV'):\n    case 'production':\n        DEBUG = False\n", "production"),
        ("ENV = os.environ.get('ENV', 'production')\n", "production"),
        ("ENV = os.environ.get('ENV', 'local')\n", None),
        ("if os.environ.get('KITCHEN') == 'production':\n    DEBUG = False\n", None),
    ],
)
def test_variable_that_chooses_a_stage_is_told_production(project: Tree, settings: str, production: str | None) -> None:
    (name,) = inspect(project(HEAD + settings)).env_names
    assert name.production == production and (name.purpose == "environment") == (production is not None)


def test_settings_package_that_is_empty_is_not_chosen(tree: Tree) -> None:
    wsgi = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    found = inspect(tree({
        "manage.py": MANAGE.replace("site1.settings", "shop.settings.development"), "shop/wsgi.py": wsgi,
        "shop/settings/__init__.py": '"""Settings."""\n', "shop/settings/base.py": "INSTALLED_APPS = []\n",
        "shop/settings/development.py": "from .base import *\n", "shop/settings/production.py": "from .base import *\n",
    }))  # fmt: skip
    assert found.settings_module == "shop.settings.production"
