"""How much a server must have, and when it is short of something: the one place for these numbers. MB as in `df -m`."""

from __future__ import annotations

# before anything is touched (preflight)
MEMORY_NEEDED_MB = 448  # without swap; a server sold with 512 MB shows some 460 of them
DISK_NEEDED_MB = 1024

# enough to begin, and a reason for a warning
MEMORY_LITTLE_MB = 900
DISK_LITTLE_MB = 2500

# before apt works: what must be left over beside what it will fetch and unpack
APT_SPARE_MB = 300

# after a failure, with less than this left it is likely to be why (`shortage` in prelude.sh)
DISK_SHORT_MB = 32
FILES_SHORT = 100  # inodes
