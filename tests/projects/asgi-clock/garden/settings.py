from garden.common import *

del WSGI_APPLICATION
ASGI_APPLICATION = "garden.asgi.application"
