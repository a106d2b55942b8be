from garden.common import *
