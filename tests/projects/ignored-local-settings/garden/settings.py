from garden.common import *

from .local_settings import *
