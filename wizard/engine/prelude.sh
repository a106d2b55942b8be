# Stands before every script that the wizard runs as root. Plain POSIX shell, Debian's coreutils, flock, systemd.
W=/var/lib/wizard
blobs=$W/blobs
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1 LC_ALL=C.UTF-8

# Every journal write passes here, so that a test can stop the world at any of them.
point() { :; }

# A record for the client: name and base64 of stdin on one line, marked so that no program's output is taken for it.
emit() { printf '\036%s %s\n' "$1" "$(base64 -w0)"; }

# Appends one JSON record, given without its closing time, and makes it durable. A torn last line is ended first.
journal() {
    point "journal $1"
    if [ -s $W/journal ] && [ -n "$(tail -c1 $W/journal)" ]; then echo >>$W/journal; fi
    printf '{"at":"%s",%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${1#?}" >>$W/journal || exit 90
    sync $W/journal || exit 90
    point "journalled $1"
}

# Blobs: content named by its SHA-256, readable by root alone from the first byte.
put_blob() { # NAME, base64 on stdin
    [ -s "$blobs/$1" ] && [ "$(sha256sum <"$blobs/$1" | cut -d' ' -f1)" = "$1" ] && return 0
    (umask 077; base64 -d >"$blobs/.$1.$$" && sync "$blobs/.$1.$$" && mv "$blobs/.$1.$$" "$blobs/$1") || exit 90
}
keep_blob() { # FILE: what is in it now
    _n=$(sha256sum <"$1" | cut -d' ' -f1)
    [ -e "$blobs/$_n" ] || (umask 077; cp "$1" "$blobs/.$_n.$$" && sync "$blobs/.$_n.$$" && mv "$blobs/.$_n.$$" "$blobs/$_n")
}

# A file from a blob: temporary name beside it, mode and owner first, fsync, rename. A link at the path is replaced, not followed.
put_file() { # BLOB PATH MODE OWNER:GROUP
    _d=$(dirname "$2") && _t=$(mktemp "$_d/.wizard.XXXXXXXX") || return 1
    { chown "$4" "$_t" && chmod "$3" "$_t" && cat "$blobs/$1" >"$_t" && sync "$_t" && mv -fT "$_t" "$2" && sync "$_d"; } ||
        { rm -f "$_t"; return 1; }
}
put_link() { # TARGET PATH
    _d=$(dirname "$2") && _t=$(mktemp -u "$_d/.wizard.XXXXXXXX") || return 1
    ln -s "$1" "$_t" && mv -fT "$_t" "$2" && sync "$_d"
}

# The doorway to apt: no questions, old configuration files kept, waits for other apts, also for the lists lock (which
# DPkg::Lock::Timeout does not cover).
apt_get() {
    _n=0
    while [ "$1" = update ] && ! flock -n /var/lib/apt/lists/lock true && [ $_n -lt 120 ]; do sleep 1; _n=$((_n + 1)); done
    apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef \
        -o APT::Get::AutomaticRemove=false -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# Runs a command of systemctl for a unit that may not be installed (yet, or any more); other failures count.
if_unit() { # UNIT COMMAND…: run only when systemd knows the unit
    if systemctl cat "$1" >/dev/null 2>&1; then shift; "$@"; fi
}
