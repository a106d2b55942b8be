# Stands before every script that the wizard runs as root. Plain POSIX shell, Debian's coreutils, flock, systemd.
# CANNOT_WRITE and such are exit statuses (protocol.py), DISK_SHORT_MB and FILES_SHORT limits (limits.py).
umask 077 # what the wizard keeps is for root alone; changes are made under 022
W=/var/lib/wizard
blobs=$W/blobs
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 LC_ALL=C.UTF-8

# Every journal write passes here before and after it is made, so that a test can stop the world at any of them: it plants
# commands in a file of /run, which no server in use has, and which only root could put there, who needs no such door.
point() { [ ! -O /run/wizard-point ] || . /run/wizard-point; }

# A record for the client: name and base64 of stdin on one line. $MARK is new for each script and known to no program that
# it starts, so that no output can be taken for a record.
emit() { printf '\036%s %s %s\n' "$MARK" "$1" "$(base64 -w0)"; }

# A line for a person, as a code and its fields: the client has the words for it (text.py).
say() { # CODE NAME=VALUE...
    _said="::$1"; shift
    for _field; do _said="$_said	$(printf %s "$_field" | tr '\t\n' '  ')"; done
    printf '%s\n' "$_said"
}

# All that is not ours runs here and nowhere else: changes, proofs, observations, checks, and through them a project's own
# code. A program that it leaves behind must not keep the lock (9), our stdin, or the pipe to the client, which would be
# waited for as long as that program lives: so none of our descriptors goes there, and what it prints goes to files.
apart() { # OUT [ERR]: runs the shell function `it`, which the script has just defined
    (exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; it) </dev/null >>"$1" 2>>"${2:-$1}"
}
look() { # NAME [both]: `it` only looks at something; what it prints is in $scratch/NAME afterwards, errors only with `both`
    if [ -z "$scratch" ]; then
        scratch=$(mktemp -d /run/wizard.XXXXXXXX) || exit 1
        trap 'rm -rf "$scratch"' EXIT
    fi
    _err=/dev/null; [ -z "$2" ] || _err=$scratch/$1
    (ulimit -f 65536; apart "$scratch/$1" "$_err") # in 512 bytes: what stays behind must not fill the memory with its output
}
scratch=

# What programs wrote without syncing it is in memory only, and a power cut leaves empty files of it: so all that was changed
# goes to the disk before anything is called done. Fails where a disk cannot be written.
on_disk() {
    # shellcheck disable=SC2046 # one word for each place
    sync -f $(stat -c '%d %n' / /boot /etc /home /opt /srv /usr /var 2>/dev/null | awk '!seen[$1]++ {print $2}') # once for each
}

# This text for the scripts after this one, in $PRELUDE and in a file of this run (prelude.py). What is left of a run that died
# is 0600 in memory, and goes with the next that takes the lock, or the next restart.
keep_prelude() { # RUN
    _f=/run/wizard-prelude-$1
    rm -f "$_f.new"
    if (set -C; printf %s "$PRELUDE" >"$_f.new") 2>/dev/null && mv -fT "$_f.new" "$_f"; then echo yes | emit kept; fi
}
forget_prelude() { rm -f "/run/wizard-prelude-$1"; } # RUN
forget_other_preludes() { # RUN
    for _f in /run/wizard-prelude-*; do [ "$_f" = "/run/wizard-prelude-$1" ] || rm -f "$_f"; done
}
with_functions() { printf '%s\n' "$PRELUDE"; cat; } # a script on stdin, as one that can do without a session

# Appends one JSON record, given without its closing time, and makes it durable. A torn last line is ended first. The record
# carries checksums of the line before it and of itself, so that damage is noticed (records.py).
journal() {
    point "journal $1"
    [ -e $W/journal ] || { : >$W/journal && sync $W /var/lib; } || cannot_write
    if [ -s $W/journal ] && [ "$(tail -c1 $W/journal | od -An -tx1)" != " 0a" ]; then echo >>$W/journal; fi
    _record="{\"at\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",${1#?}"
    _record="${_record%?},\"prev\":\"$(tail -n 1 $W/journal | checksum)\""
    printf '%s,"sum":"%s"}\n' "$_record" "$(printf %s "$_record" | checksum)" >>$W/journal || cannot_write
    sync $W/journal || cannot_write
    point "journalled $1"
}

checksum() { sha256sum | cut -c1-16; }
journal_format() { # the newest that something in it was written in; 0 for none
    sed -nE 's/^\{"at":"[^"]*","event":"journal",.*"version":([0-9]{1,9}).*/\1/p' $W/journal 2>/dev/null | tail -n 1 | grep . || echo 0
}
# Before a change gets the next number, under the lock: refused where another run has begun one since $run read the journal.
# The lock keeps it from that; this is what keeps two changes of one number out of the journal should it ever fail.
next_number_is_ours() {
    awk -v ours="$run" '
        /^\{"at":"[^"]*","event":"(run|doing)",/ {
            run = $0; sub(/^[^}]*"event":"(run|doing)","run":"/, "", run); sub(/".*/, "", run)
            if (run != ours) others = 1; else if ($0 ~ /"event":"run","run"/) others = 0
        }
        END { exit others }' $W/journal || { echo 'done' | emit taken; exit 0; }
}
generation() { # RUN: its number. A run that comes after a change begins the next one (journal.py, _add_run)
    awk -v now="$1" '
        /^\{"at":"[^"]*","event":"doing",/ { changed = 1 }
        /^\{"at":"[^"]*","event":"run",/ {
            run = $0; sub(/.*"run":"/, "", run); sub(/".*/, "", run)
            given = $0; if (sub(/.*"generation":/, "", given)) begins(given + 0); else follow(run)
            before = run
        }
        function begins(number) { if (number != all) changed = 0; all = number }
        function follow(run) { if (!all || changed && run != before) begins(all + 1) }
        END { follow(now); print all }' $W/journal
}

# Blobs: content named by its SHA-256, readable by root alone from the first byte.
put_blob() { # NAME, base64 on stdin
    [ -s "$blobs/$1" ] && [ "$(sha256sum <"$blobs/$1" | cut -d' ' -f1)" = "$1" ] && return 0
    base64 -d >"$blobs/.$1.$$" && sync "$blobs/.$1.$$" && mv "$blobs/.$1.$$" "$blobs/$1" && sync $blobs || cannot_write
}
keep_blob() { # FILE: what is in it now. Not what a link leads to: it would come back readable
    [ ! -L "$1" ] || { say engine.prelude.link path="$1" >&2; return 1; }
    _n=$(sha256sum <"$1" | cut -d' ' -f1)
    [ -e "$blobs/$_n" ] ||
        (umask 077; cat "$1" >"$blobs/.$_n.$$" && sync "$blobs/.$_n.$$" && mv "$blobs/.$_n.$$" "$blobs/$_n" && sync $blobs)
}

# A file from a blob: temporary name beside it, mode and owner first, fsync, rename. A link at the path is replaced, not followed.
put_file() { # BLOB PATH MODE OWNER:GROUP
    _d=$(dirname "$2") && _in=$_d || return 1
    # where others than root can rename things, a name may be a link a moment later: made elsewhere, and moved there
    [ -n "$(find -H "$_d" -maxdepth 0 -uid 0 \( ! -perm /022 -o -perm -1000 \))" ] || _in=$W
    _t=$(mktemp "$_in/.wizard.XXXXXXXX") || return 1
    { chown "$4" "$_t" && chmod "$3" "$_t" && cat "$blobs/$1" >"$_t" && sync "$_t" && mv -fT "$_t" "$2" && sync "$_d"; } ||
        { rm -f "$_t"; return 1; }
}
put_link() { # TARGET PATH
    _d=$(dirname "$2") && _t=$(mktemp -u "$_d/.wizard.XXXXXXXX") || return 1
    ln -s "$1" "$_t" && mv -fT "$_t" "$2" && sync "$_d"
}

write_whole() { # FILE, its content on stdin: at any moment there is the old content or all of the new one
    cat >"$1.new" && sync "$1.new" && mv -f "$1.new" "$1"
}

# Data that came later is saved here before it goes: into a file of its own for root alone, with the way to put it back
# beside it, as a script. Two calls, so that what is written in between is complete when it gets its name.
begin_save() { # NAME ENDING: sets $saved; write to "$saved.part"
    (umask 077; mkdir -p /var/backups/wizard) && chmod 0700 /var/backups/wizard || return 1
    _s=/var/backups/wizard/$(printf %s "$1" | tr -c 'A-Za-z0-9._-' _)-$(date -u +%Y%m%dT%H%M%SZ)
    saved=$_s$2
    _n=1; while [ -e "$saved" ]; do _n=$((_n + 1)); saved=$_s-$_n$2; done
    (umask 077; : >"$saved.part")
}
end_save() { # WHAT COMMAND: of data WHAT, which COMMAND puts back from "$saved"
    (umask 077; printf '%s\n' '#!/bin/sh' '# Puts back what is saved beside this, on a server that is set up again.' \
        '[ "$1" = go ] || exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root /bin/sh -e "$0" go' \
        'saved=$(realpath "$0"); saved=${saved%.restore}; cd /' "$2" >"$saved.restore") || return 1
    sync "$saved.restore" "$saved.part" && mv "$saved.part" "$saved" && sync /var/backups/wizard || return 1
    say engine.prelude.saved what="$1" path="$saved"
}

# All of a cluster of PostgreSQL, or just its roles, into "$saved.part". With a full disk pg_dumpall ends well without its last line.
dump_cluster() { # ARGUMENT… of pg_dumpall
    (cd /; PGOPTIONS='-c search_path=' runuser -u postgres -- pg_dumpall "$@" </dev/null >"$saved.part") &&
        tail -n 9 "$saved.part" | grep -q 'dump complete'
}

# An account file of /etc as a copy has it: bytes, mode and owner.
restore_account_file() { # COPY NAME
    cmp -s "$1" "/etc/$2" || { cp -p "$1" "/etc/.$2.wizard" && sync "/etc/.$2.wizard" && mv "/etc/.$2.wizard" "/etc/$2"; }
}

# Settings of the kernel as lines FILE=VALUE, of those that may be set here: in a container few may.
kernel_values() { # FILE…
    for _f; do if [ -w "$_f" ]; then echo "$_f=$(cat "$_f")"; fi; done
}
restore_kernel_values() { # those lines on stdin
    while IFS='=' read -r _f _value; do if [ -w "$_f" ]; then echo "$_value" >"$_f"; fi; done
}

# The doorway to apt: no questions, old configuration files kept, another apt is waited for, and said who it is.
# DPkg::Lock::Timeout covers dpkg's locks only: `update` fails at once where the lists are locked.
apt_get() {
    _n=0
    while _who=$(apt_lock_holder) && [ $_n -lt 600 ]; do # a first boot's unattended-upgrades may take that long
        [ $((_n % 30)) -gt 0 ] || say engine.prelude.apt_waits file="${_who%% *}" process="${_who#* }"
        sleep 1; _n=$((_n + 1))
    done
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef \
        -o APT::Get::AutomaticRemove=false -o Dpkg::Use-Pty=0 "$@" </dev/null
}
apt_lock_holder() { # prints which of apt's and dpkg's locks is held, and by whom: fcntl locks, which flock(1) can't see but the kernel lists
    for _f in /var/lib/apt/lists/lock /var/cache/apt/archives/lock /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock; do
        [ -e $_f ] || continue
        _pid=$(awk -v inode=":$(stat -c %i $_f)\$" '$2 != "->" && $6 ~ inode {print $5; exit}' /proc/locks)
        [ -z "$_pid" ] || { echo "$_f $_pid ($(cat "/proc/$_pid/comm" 2>/dev/null))"; return 0; }
    done
    return 1
}
# Reads the package lists anew when they are older than six hours or $1 is "now". apt calls a failed download a warning
# unless it is told not to.
apt_lists() { # [now]
    [ "$1" = now ] || ! apt_lists_fresh || return 0
    # apt does not sync what it fetches, and believes what is there
    if [ -e $W/apt-lists.begun ] && [ "$(cat $W/apt-lists.begun)" != "$(boot_id)" ]; then
        rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
    fi
    rm -f $W/apt-lists
    boot_id >$W/apt-lists.begun; sync $W/apt-lists.begun $W
    for _try in 1 2 3; do
        apt_get update -o APT::Update::Error-Mode=any && sync -f /var/lib/apt && rm -f $W/apt-lists.begun && touch $W/apt-lists &&
            return 0
        sleep $((_try * 3))
    done
    return 1
}
apt_lists_fresh() { [ -n "$(find $W/apt-lists -mmin -360 2>/dev/null)" ] && ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; }

boot_id() { cat /proc/sys/kernel/random/boot_id; }

# What recovery had to mend, for the journey's end: a word for what was done, and to what.
repaired() { echo "$*" >>"$change/repaired"; } # unpacked|configured|reinstalled|begun-anew|rewritten|cluster THING…

# After a failure, what the server has run out of, in facts: "disk PLACE MB-LEFT MB", "inodes PLACE LEFT ALL" or "memory
# KILLED MB". The output is asked too, because a program may have given back by now what it had too little of; in the C
# locale, which is set above, there is one wording only.
shortage() {
    _all=$(ls -d / /tmp /var /srv 2>/dev/null)
    _least=$(grep -qsF 'No space left on device' "${change:-}/out" && echo 999999999 || echo $DISK_SHORT_MB)
    # shellcheck disable=SC2086 # one word for each place
    df -Pm $_all | awk -v least="$_least" 'NR > 1 && $4 < least {print $4, "disk", $6, $4, $2}' |
        sort -n | cut -d' ' -f2- | head -n 1
    # shellcheck disable=SC2086
    df -Pi $_all | awk -v least=$FILES_SHORT 'NR > 1 && $2 > 0 && $4 < least {print "inodes", $6, $4, $2; exit}'
    _killed=$(($(oom_kills) - $(cat "${change:-}/oom-kills" 2>/dev/null || oom_kills)))
    [ $_killed = 0 ] || awk -v n=$_killed '/^MemTotal/ {print "memory", n, int($2 / 1024)}' /proc/meminfo
}
# After a failure, facts that may be why, one a line and looked at quickly; fronts make a likely cause of them.
troubles() {
    grep -rnE --include=*.list '^[[:space:]]*deb(-src)?[[:space:]]([^#]*[[:space:]])?cdrom:' /etc/apt/sources.list /etc/apt/sources.list.d \
        2>/dev/null | sed -nE 's/^([^:]+):([0-9]+):.*/cdrom \1 \2/p'
    grep -rlE --include=*.sources '^URIs:.*cdrom:' /etc/apt/sources.list.d 2>/dev/null | sed 's/^/cdrom-stanza /'
    # apt-mark shows none where it cannot read its sources
    _held=$(dpkg-query -W -f='${db:Status-Want} ${Package}\n' 2>/dev/null | sed -n 's/^hold //p' | tr '\n' ' ')
    [ -z "$_held" ] || echo "held ${_held% }"
    # without the user and password that may stand in it
    apt-config dump 2>/dev/null | sed -nE 's#^Acquire::https?::Proxy(::[^ ]+)? "([a-z0-9]+://)?([^"/]*@)?([^"]+)";$#proxy \2\4#p' | head -n 1
    for _port in $(grep -sE 'already in use|could not bind' "${change:-}/out" | grep -oE '[:" ][0-9]{2,5}\b' | tr -dc '0-9\n' | sort -u); do
        ss -Hltnp "sport = :$_port" | sed -nE "s/.*users:\(\(\"([^\"]+)\",pid=([0-9]+).*/port $_port \1 \2/p" | head -n 1
    done
}
cannot_write() { shortage | emit shortage; exit "$CANNOT_WRITE"; }
oom_kills() { sed -n 's/^oom_kill //p' /proc/vmstat | grep . || echo 0; }

# Runs a command of systemctl for a unit that may not be installed (yet, or any more); other failures count.
if_unit() { # UNIT COMMAND…: run only when systemd knows the unit
    if systemctl cat "$1" >/dev/null 2>&1; then shift; "$@"; fi
}
