# What apt and maintainer scripts leave on a server, written down before and after, so that an undo takes away just that.
# Read with `.` by the scripts of apt.py; $change is the change's own folder. Paths are NUL-separated throughout.

accounts="passwd group shadow gshadow subuid subgid"
# Databases of dpkg's helpers. They come back byte by byte, but only where the packages are those of before.
registries="var/lib/apt/extended_states var/lib/dpkg/statoverride var/lib/dpkg/diversions var/lib/dpkg/alternatives
    var/lib/ucf var/lib/pam var/lib/shells.state var/cache/debconf var/lib/logrotate usr/share/info/dir
    var/lib/systemd/deb-systemd-helper-enabled var/lib/systemd/deb-systemd-helper-masked
    var/lib/systemd/deb-systemd-user-helper-enabled var/lib/systemd/deb-systemd-user-helper-masked"

say() { echo "$*"; }
refuse() { echo "cannot $*" >&2; return 1; }

list_packages() { # name, status, version; the native architecture goes without saying
    dpkg-query -W -f='${binary:Package} ${db:Status-Abbrev} ${Version}\n' | sed "s/:$(dpkg --print-architecture) / /" | sort
}
present() { awk '$2 !~ /^.[nc]/ {print $1}' "$1" | sort; } # of such a list: all but "not installed" and "config-files"

# Where maintainer scripts write. The homes, /srv and /opt are people's; logs of apt and dpkg tell what happened and stay.
list_files() {
    find /etc /usr /var /var/lib /var/cache /var/log /var/spool /boot -xdev \
        \( -path /var/lib/wizard -o -path /var/backups/wizard -o -path /var/tmp -o -path /var/log/journal \
        -o -path /var/log/apt -o -path /var/log/dpkg.log -o -path /var/log/alternatives.log -o -path /usr/local \
        -o -name lock -o -name lock-frontend \) -prune -o -print0 | sort -zu
    if [ -d /usr/local ]; then find /usr/local -xdev -type d -print0 | sort -zu; fi # made by python3, among others
}
list_etc() { # path, TAB, type and mode and owner and target; and once more with the hash for a file
    {
        find /etc -xdev -printf '%p\t%y %m %U %G %l\0'
        find /etc -xdev -type f -print0 | xargs -0 -r sha256sum -z | sed -z 's/^\([0-9a-f]*\)  \(.*\)/\2\t\1/'
    } | sort -z
}
differing() { comm -z -3 "$1" "$2" | sed -z 's/^\t//; s/\t.*//' | sort -zu; } # paths that two such lists disagree on
self_made() { grep -zvxE '/etc/((passwd|group|shadow|gshadow|subuid|subgid)-?|\.pwd\.lock|ld\.so\.cache|mtab)' || true; }
owned() { # what installed packages own, with /lib and the like where they really are
    cat /var/lib/dpkg/info/*.list | sed -E 's#^/(bin|sbin|lib|lib32|lib64|libx32)(/|$)#/usr/\1\2#' | tr '\n' '\0' | sort -zu
}

# Writes down what is here: into a temporary folder that gets its name when it is complete, so that a second try
# after a crash keeps the true "before".
remember() { # before|after
    if [ "$1" = before ] && [ -d "$change/before" ]; then return 0; fi
    _t="$change/.$1"
    rm -rf "$_t"
    (umask 077 && mkdir -p "$_t/accounts")
    list_packages >"$_t/packages"
    present "$_t/packages" >"$_t/present"
    list_files >"$_t/files"
    list_etc >"$_t/etc"
    find /run -mindepth 1 -maxdepth 1 -print0 | sort -z >"$_t/run"
    for _f in $accounts; do
        for _g in "/etc/$_f" "/etc/$_f-"; do if [ -e "$_g" ]; then cp -p "$_g" "$_t/accounts/"; fi; done
    done
    if [ "$1" = before ]; then
        (umask 077 && tar -C / --numeric-owner -cf "$_t/etc.tar" etc)
        (umask 077 && cd / && tar --numeric-owner -cf "$_t/registries.tar" $(ls -d $registries 2>/dev/null))
        cp "$blobs/$residue" "$change/residue.sh"
    fi
    sync -f "$_t" && rm -rf "${change:?}/$1" && mv "$_t" "$change/$1" && sync -f "$change"
}

mend_packages() { # after a power cut or a killed apt: configure what is half-configured, unpack again what is half-installed
    if [ -z "$(dpkg --audit)" ] && [ -z "$(ls -A /var/lib/dpkg/updates)" ]; then return 0; fi
    say "dpkg was interrupted: mending it first"
    dpkg --configure -a </dev/null || true
    apt_get install -f && return 0
    apt_get install --reinstall $(dpkg-query -W -f='${db:Status-Abbrev} ${binary:Package}\n' | sed -n 's/^i[UHFW]. *//p')
}

free_mb() { df -m --output=avail / /usr /var | sed 1d | sort -n | head -n 1 | tr -d ' '; }
# apt starts where the disk is nearly full and says "done" when PostgreSQL could not make its cluster: so count first.
room() { # MB
    [ "$(free_mb)" -ge "$1" ] ||
        refuse "install packages: the disk has $(free_mb) MB left and $1 MB are needed; make room and run this again"
}
would() { apt-get -s -o APT::Get::AutomaticRemove=false "$@"; }
room_for() { # PACKAGE…: also refuses what could only be had by removing something else
    _plan=$(would install --no-install-recommends -- "$@") || return 1
    _removed=$(echo "$_plan" | sed -n 's/^Remv \([^ ]*\).*/\1/p')
    if [ -n "$_removed" ]; then refuse "install $*: apt would remove" $_removed; fi
    _new=$(echo "$_plan" | sed -nE 's/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+).*/\1=\3/p')
    if [ -z "$_new" ]; then return 0; fi
    room $((300 + $(apt-cache show $_new | awk '/^Installed-Size:/ {k += $2} /^Size:/ {b += $2} END {printf "%d", k / 1024 + b / 1048576}')))
}

added() { comm -13 "$change/before/present" "$change/after/present"; }

# The files of what was added are there and whole: an "ii" in dpkg's list survives a power cut that the files did not.
whole() {
    _bad=$(dpkg --verify $(added) | grep -vE ' c /| /usr/share/(doc|man|info|locale|lintian|help|gnome)/' || true)
    [ -z "$_bad" ] || { echo "$_bad" >&2; return 1; }
}
