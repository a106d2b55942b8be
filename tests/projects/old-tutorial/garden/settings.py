from garden.common import *

DEBUG = True
ALLOWED_HOSTS = []
STATIC_URL = "/static/"
STATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")
MEDIA_URL = "/media/"
MEDIA_ROOT = os.path.join(BASE_DIR, "media")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(BASE_DIR, "db.sqlite3"),
        "ATOMIC_REQUESTS": True,
    }
}
LOGS = os.path.join(BASE_DIR, "logs")
if not os.path.exists(LOGS):
    os.makedirs(LOGS)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"file": {"class": "logging.FileHandler", "filename": os.path.join(LOGS, "site.log")}},
    "loggers": {"garden": {"handlers": ["file"], "level": "INFO"}},
}
