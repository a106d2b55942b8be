from garden.common import *

INSTALLED_APPS = ["plants"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
TEMPLATES = []
del STATIC_URL, STATIC_ROOT
