from garden.common import *

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["CACHE_ADDRESS"]}
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
CELERY_BROKER_URL = os.environ.get("BROKER", "redis://127.0.0.1:6379/0")
CELERY_BEAT_SCHEDULE = {"sow": {"task": "plants.tasks.sow", "schedule": 5.0, "args": ["scheduled"]}}
