from garden.common import *

DATABASES = {
    "default": {
        "ENGINE": os.environ.get("DJANGO_DB_ENGINE", "django.db.backends.mysql"),
        "NAME": os.environ.get("DJANGO_MYSQL_DATABASE", "garden"),
        "USER": os.environ.get("DJANGO_MYSQL_USER", "root"),
        "PASSWORD": os.environ.get("DJANGO_MYSQL_PASSWORD", ""),
        "HOST": os.environ.get("DJANGO_MYSQL_HOST", "127.0.0.1"),
        "PORT": int(os.environ.get("DJANGO_MYSQL_PORT", 3306)),
    }
}
