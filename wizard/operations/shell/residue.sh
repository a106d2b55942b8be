# What apt and maintainer scripts leave on a server, written down before and after, so that an undo takes away just
# that. Read with `.` by the scripts of apt.py; $change is the change's own folder. Paths are NUL-separated throughout.
# shellcheck disable=SC2046,SC2086 # lists of packages, units and files are split into words on purpose

accounts="passwd group shadow gshadow subuid subgid"
# Databases of dpkg's helpers. They come back byte by byte, but only where the packages are those of before.
registries="var/lib/apt/extended_states var/lib/dpkg/statoverride var/lib/dpkg/diversions var/lib/dpkg/alternatives
    var/lib/ucf var/lib/pam var/lib/shells.state var/cache/debconf var/lib/logrotate usr/share/info/dir
    var/lib/systemd/deb-systemd-helper-enabled var/lib/systemd/deb-systemd-helper-masked
    var/lib/systemd/deb-systemd-user-helper-enabled var/lib/systemd/deb-systemd-user-helper-masked"

refuse() { say "$@" >&2; return 1; }
any() { "$@" || [ $? = 1 ]; } # grep, for which finding nothing is no failure; a full disk still is

list_packages() { # name, status, version; the native architecture goes without saying
    dpkg-query -W -f='${binary:Package} ${db:Status-Abbrev} ${Version}\n' |
        sed "s/:$(dpkg --print-architecture) / /" | sort
}
present() { awk '$2 !~ /^.[nc]/ {print $1}' "$1" | sort; } # of such a list: all but "not installed" and "config-files"

# Where maintainer scripts write. Homes, /srv and /opt are people's; logs of apt and dpkg tell what happened and stay.
walk() {
    find "$@" -xdev \( -path /var/lib/wizard -o -path /var/backups/wizard -o -path /var/tmp -o -path /var/log/journal \
        -o -path /var/log/apt -o -path /var/log/dpkg.log -o -path /var/log/alternatives.log \
        -o -path /var/lib/apt/lists/lock -o -path /var/cache/apt/archives/lock -o -path '/var/lib/dpkg/lock*' \
        -o -path '/usr/local/*' ! -type d \) -prune -o -print0
}
list_files() {
    for _d in /etc /usr /var /var/lib /var/cache /var/log /var/spool /boot; do [ ! -d $_d ] || walk $_d; done | sort -zu
}
list_etc() { # path, TAB, type and mode and owner and target; and once more with the hash for a file
    {
        find /etc -xdev -printf '%p\t%y %m %U %G %l\0'
        find /etc -xdev -type f -print0 | xargs -0 -r sha256sum -z | sed -z 's/^\([0-9a-f]*\)  \(.*\)/\2\t\1/'
    } | sort -z
}
paths() { sed -z 's/\t.*//' "$1" | sort -zu; }                                              # of such a list
differing() { comm -z -3 "$1" "$2" | sed -z 's/^\t//; s/\t.*//' | sort -zu; } # those that two such lists disagree on
no_accounts() { # these files are put back in a way of their own
    any grep -zvxE '/etc/((passwd|group|shadow|gshadow|subuid|subgid)-?|\.pwd\.lock)'
}
owned() { # what installed packages own, with /lib and the like where they really are
    cat /var/lib/dpkg/info/*.list | sed -E 's#^/(bin|sbin|lib|lib32|lib64|libx32)(/|$)#/usr/\1\2#' |
        tr '\n' '\0' | sort -zu
}

list_units() { # those that run, but for what comes and goes by itself
    systemctl list-units --plain --no-legend --state=active --type=service,socket,timer,path,target,slice |
        awk '$1 !~ /^(user|session|run-|wizard|apt-daily)/ {print $1}' | sort
}

# Writes down what is here: into a temporary folder that gets its name when it is complete, so that a second try
# after a crash keeps the true "before".
remember() { # before|after
    if [ "$1" = before ] && [ -d "$change/before" ]; then return 0; fi
    _t="$change/.$1"
    rm -rf "$_t"
    (umask 077; mkdir -p "$_t/accounts")
    list_packages >"$_t/packages"
    present "$_t/packages" >"$_t/present"
    list_files >"$_t/files"
    list_etc >"$_t/etc"
    list_units >"$_t/units"
    for _f in $accounts; do
        for _g in "/etc/$_f" "/etc/$_f-"; do if [ -e "$_g" ]; then cp -p "$_g" "$_t/accounts/"; fi; done
    done
    if [ "$1" = before ]; then
        (umask 077; tar -C / --numeric-owner -cf "$_t/etc.tar" etc)
        (umask 077; cd /; tar --numeric-owner -cf "$_t/registries.tar" $(ls -d $registries 2>/dev/null))
        cp "$blobs/$residue" "$change/residue.sh"
        boot_id >"$_t/boot"
    fi
    sync -f "$_t"
    rm -rf "${change:?}/$1"
    mv "$_t" "$change/$1"
    sync -f "$change"
}

free_mb() { df -m --output=avail / /usr /var | sed 1d | sort -n | head -n 1 | tr -d ' '; }
# apt starts where the disk is nearly full and says "done" when PostgreSQL could not make its cluster: so count first.
room() { # MB
    [ "$(free_mb)" -ge "$1" ] ||
        refuse operations.apt.no_room left="$(free_mb)" needed="$1"
}
# An upgrade restarts sshd: with settings that it refuses nobody could log in any more.
sshd_would_start() {
    if [ ! -x /usr/sbin/sshd ] || ! systemctl -q is-active ssh.service ssh.socket; then return 0; fi
    [ -d /run/sshd ] || mkdir -m 0755 /run/sshd
    /usr/sbin/sshd -t ||
        refuse operations.apt.sshd_broken
}
would() { apt-get -s -o APT::Get::AutomaticRemove=false "$@"; }
mb_of() { # installed|download; apt's plan on stdin
    _new=$(sed -nE 's/^Inst ([^ ]+) (\[[^]]*\] )?\(([^ ]+).*/\1=\3/p')
    if [ -z "$_new" ]; then echo 0; return 0; fi
    apt-cache show $_new | awk -v what="$1" '/^Installed-Size:/ && what == "installed" {mb += $2 / 1024}
        /^Size:/ {mb += $2 / 1048576} END {printf "%d", mb}'
}
room_for() { # PACKAGE…: also refuses what could only be had by removing something else
    _plan=$(would install --no-install-recommends -- "$@")
    _removed=$(echo "$_plan" | sed -n 's/^Remv \([^ ]*\).*/\1/p')
    if [ -n "$_removed" ]; then refuse operations.apt.would_remove packages="$*" removed="$_removed"; fi
    room $((spare_mb + $(echo "$_plan" | mb_of installed)))
}

present_now() { list_packages >"$change/.list"; present "$change/.list"; }
added() { comm -13 "$change/before/present" "$change/after/present"; }

# The files of what was added are there and whole: an "ii" in dpkg's list survives a power cut that the files did not.
damaged() { # PACKAGE…: files that are missing or not as they came, but for those that one may change or leave out
    if [ $# = 0 ]; then return 0; fi
    dpkg --verify "$@" | grep -vE ' c /| /usr/share/(doc|man|info|locale|lintian|help|gnome)/' || true
}
whole() {
    _bad=$(damaged $(added))
    [ -z "$_bad" ] || { echo "$_bad" >&2; return 1; }
}

put_back() {
    take_policy
    if [ ! -d "$change/before" ]; then return 0; fi # stopped before apt was started
    mend_packages || true
    if [ ! -d "$change/after" ]; then touch "$change/broken-off"; remember after; fi
    comm -z -13 "$change/before/files" "$change/after/files" >"$change/new"
    added >"$change/added"
    list_packages >"$change/packages"
    present "$change/packages" | comm -12 - "$change/added" >"$change/todo"
    if [ -s "$change/todo" ]; then nobody_needs $(cat "$change/todo"); fi
    if [ ! -e "$change/kept" ]; then look_for_strangers; fi
    if [ -s "$change/todo" ]; then take_away $(cat "$change/todo"); fi
    list_packages >"$change/packages"
    put_files_back
    put_accounts_back
    put_registries_back
    systemctl daemon-reload
    # targets and slices that were pulled in stay active when their reason is gone
    {
        comm -13 "$change/before/units" "$change/after/units"
        pulled_in | comm -23 - "$change/before/units"
        if [ -e "$change/slices" ]; then comm -23 "$change/slices" "$change/before/units"; fi
    } | sort -u >"$change/started"
    _units=$(list_units | comm -12 - "$change/started")
    if [ -n "$_units" ]; then systemctl stop $_units; fi
    sync -f /
}

# Before anything is taken away: what was changed or came since is not ours. It is kept, or saved where purging takes it
# along.
look_for_strangers() {
    # a change that broke off did not note what it made, so nobody knows which files in /etc are a person's
    if [ -e "$change/broken-off" ] && ! cmp -s "$change/before/etc" "$change/after/etc"; then save etc etc; fi
    list_etc >"$change/etc"
    differing "$change/after/etc" "$change/etc" | no_accounts | any grep -zvx /etc/ld.so.cache >"$change/.kept"
    tr '\0' '\n' <"$change/.kept" | sed 's/^/changed since, so it is kept: /'
    existing <"$change/.kept" >"$change/save"
    if [ -s "$change/save" ]; then save changed-in-etc --no-recursion --null -T "$change/save"; fi
    save_clusters
    save_mariadb
    later_data >"$change/save"
    if [ -s "$change/save" ]; then save later-data --no-recursion --null -T "$change/save"; fi
    : >"$change/accounts"
    for _f in $accounts; do
        if cmp -s "/etc/$_f" "$change/after/accounts/$_f" || [ ! -e "/etc/$_f" ]; then continue; fi
        echo "$_f" >>"$change/accounts"
    done
    sync -f "$change"
    mv "$change/.kept" "$change/kept"
}
existing() { xargs -0 -r sh -ec 'for p; do if [ -e "$p" ] || [ -L "$p" ]; then printf "%s\0" "${p#/}"; fi; done' -; }
save() { # NAME TAR-ARGUMENT…: for root alone, and said
    _what=$1
    shift
    begin_save "$(basename "$change")-$_what" .tar.gz
    tar -C / --numeric-owner -czf "$saved.part" "$@"
    end_save "$_what" 'tar -C / --numeric-owner -xpzf "$saved"'
}
programs="apt|dpkg|fail2ban|logrotate|mysql|nginx|polkit-1|postgresql|systemd|ucf"
# Files that came later into folders that came with the packages, but for logs, caches and programs' own state.
later_data() {
    list_files >"$change/files"
    comm -z -13 "$change/before/files" "$change/after/files" | comm -z -12 - "$change/files" |
        xargs -0 -r sh -c 'find "$@" -xdev ! -type d -print0' - | sort -zu | comm -z -23 - "$change/after/files" |
        any grep -zvE "^/(etc|usr|boot|var/cache|var/log|var/lib/($programs))/" | sed -z 's#^/##'
}
made_there="SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1'))
    OR EXISTS (SELECT FROM pg_catalog.pg_roles WHERE oid >= 16384) OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid >= 16384)"
save_clusters() { # purging PostgreSQL drops its clusters without a word
    if ! added | grep -qx postgresql-common || ! command -v pg_lsclusters >/dev/null; then return 0; fi
    pg_lsclusters -h >"$change/clusters"
    while read -r _version _name _port _state _owner _data _log; do
        [ "$_state" = online ] || pg_ctlcluster "$_version" "$_name" start </dev/null || true
        if ! _found=$(cd /; PGOPTIONS='-c search_path=' exec runuser -u postgres -- psql -AtX -p "$_port" -c "$made_there" </dev/null); then
            save "postgresql-$_version-$_name" "${_data#/}"
        elif [ -n "$_found" ]; then
            begin_save "$(basename "$change")-postgresql-$_version-$_name" .sql
            dump_cluster -p "$_port"
            end_save "all databases of PostgreSQL $_version" 'runuser -u postgres -- psql -X -q -d postgres <"$saved"'
        fi
    done <"$change/clusters"
}
save_mariadb() { # what was made in MariaDB goes with its package
    if ! added | grep -qx mariadb-server || ! command -v mariadb-dump >/dev/null; then return 0; fi
    systemctl start mariadb.service </dev/null || true
    if ! _found=$(mariadb --no-defaults --user=root --batch --skip-column-names --execute="SELECT COUNT(*) FROM information_schema.schemata
        WHERE schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')" </dev/null); then
        save mariadb var/lib/mysql
    elif [ "$_found" != 0 ]; then
        begin_save "$(basename "$change")-mariadb" .sql
        mariadb-dump --no-defaults --user=root --all-databases --single-transaction --routines --events --hex-blob \
            --default-character-set=utf8mb4 </dev/null >"$saved.part"
        tail -n 1 "$saved.part" | grep -q '^-- Dump completed'
        end_save "all databases of MariaDB" 'mariadb --no-defaults --user=root <"$saved"'
    fi
}

nobody_needs() { # PACKAGE…
    _needing=$(would purge -- "$@" | sed -nE 's/^(Purg|Remv) ([^ ]+).*/\2/p' | sort | comm -23 - "$change/added")
    if [ -n "$_needing" ]; then refuse operations.apt.needed needing="$_needing"; fi
}
take_away() { # PACKAGE…: exactly these
    _units=$(dpkg-query -L "$@" | sed -nE 's#.*/systemd/system/([^/]+\.(service|socket|timer|path))$#\1#p' |
        sed 's/@\./@*./' | sort -u)
    if [ -n "$_units" ]; then
        systemctl show -P Wants -P Requires $_units | tr ' ' '\n' | any grep '\.target$' | sort -u >"$change/wants"
        # instances of name@.service run in a slice of their own, whoever has started them; it stays active without them
        echo "$_units" | sed -n 's/@\*\..*//p' | sort -u | while read -r _name; do
            echo "system-$(systemd-escape -- "$_name").slice"
        done | sort >"$change/slices"
        systemctl stop $_units 2>/dev/null || true
    fi
    # one whose configuration was here before is removed, and its configuration stays
    _rest=$(awk '$2 ~ /^.c/ {print $1}' "$change/before/packages" | sort | comm -12 - "$change/todo")
    if [ -n "$_rest" ]; then apt_get remove -- $_rest; fi
    _rest=$(awk '$2 ~ /^.c/ {print $1}' "$change/before/packages" | sort | comm -13 - "$change/todo")
    if [ -n "$_rest" ]; then apt_get purge -- $_rest; fi
    if [ -n "$_units" ]; then systemctl reset-failed $_units 2>/dev/null || true; fi
}

pulled_in() { # targets that what was taken away had wanted and nothing which runs wants still, with what waits for them
    if [ ! -e "$change/wants" ]; then return 0; fi
    while read -r _target; do
        _users=$(systemctl show -P WantedBy -P RequiredBy "$_target")
        if [ -n "$_users" ] && systemctl -q is-active $_users; then continue; fi
        echo "$_target"
        for _unit in $(systemctl show -P Wants "$_target"); do
            if [ "$(systemctl show -P Type "$_unit")" = oneshot ]; then echo "$_unit"; fi
        done
    done <"$change/wants" | sort -u
}

put_files_back() {
    list_files >"$change/files"
    owned >"$change/owned"
    comm -z -12 "$change/new" "$change/files" | xargs -0 -r sh -c 'find "$@" -xdev -print0' - | sort -zu |
        comm -z -23 - "$change/owned" | comm -z -23 - "$change/kept" | remove
    list_etc >"$change/etc"
    paths "$change/before/etc" >"$change/paths"
    differing "$change/before/etc" "$change/etc" | no_accounts | comm -z -23 - "$change/kept" >"$change/wrong"
    comm -z -12 "$change/wrong" "$change/paths" | sed -z 's#^/##' >"$change/restore"
    # of an empty list tar would take out everything, and with it undo what anybody has changed in /etc since
    if [ -s "$change/restore" ]; then
        tar -C / --numeric-owner -xpf "$change/before/etc.tar" --no-recursion --null -T "$change/restore"
    fi
    comm -z -23 "$change/wrong" "$change/paths" | comm -z -23 - "$change/owned" | remove
}
remove() { # paths on stdin, in order; a folder with something in it stays, and so does any file in /usr/local
    sort -zr | xargs -0 -r sh -c 'for p; do
        if [ -d "$p" ] && [ ! -L "$p" ]; then rmdir -- "$p" 2>/dev/null || true
        else case $p in /usr/local/*) ;; *) rm -f -- "$p" ;; esac; fi
    done' -
}

new_names() { # passwd|group: those that came with the packages and are here still
    for _f in before/accounts after/accounts; do cut -d: -f1 "$change/$_f/$1" | sort >"$change/.$(dirname $_f)"; done
    cut -d: -f1 "/etc/$1" | sort | comm -12 - "$change/.after" | comm -23 - "$change/.before"
}
id_of() { sed -n "s/^$2:[^:]*:\([0-9]*\):.*/\1/p" "/etc/$1"; } # passwd|group NAME
put_accounts_back() {
    _users=$(new_names passwd)
    _groups=$(new_names group)
    _tests=
    for _u in $_users; do
        _tests="$_tests -o -uid $(id_of passwd "$_u")"
        find /proc -maxdepth 1 -name '[0-9]*' -user "$_u" -printf '%f\n' 2>/dev/null | xargs -r kill 2>/dev/null || true
    done
    for _g in $_groups; do _tests="$_tests -o -gid $(id_of group "$_g")"; done
    if [ -n "$_tests" ]; then
        awk '$3 ~ /^(ext[234]|xfs|btrfs|overlay|zfs|f2fs)$/ {print $2}' /proc/mounts |
            xargs -I{} find {} -xdev \( -false $_tests \) -printf '%U %G %p\n' >"$change/still-owned" || true
    else
        : >"$change/still-owned"
    fi
    if [ ! -s "$change/accounts" ] && [ ! -s "$change/still-owned" ]; then
        for _f in $accounts; do for _g in "$_f" "$_f-"; do put_account_file "$_g"; done; done
        return 0
    fi
    for _u in $_users; do unless_owner 1 "$(id_of passwd "$_u")" "the user $_u" || userdel "$_u"; done
    for _g in $(new_names group); do # but for the own group of a user that is kept
        _id=$(id_of group "$_g")
        if cut -d: -f4 /etc/passwd | grep -qx "$_id"; then continue; fi
        unless_owner 2 "$_id" "the group $_g" || groupdel "$_g"
    done
}
unless_owner() { # 1|2 ID WHAT: succeeds, and says so, where it owns files still
    _file=$(awk -v id="$2" -v n="$1" '$n == id {sub(/^[0-9]+ [0-9]+ /, ""); print; exit}' "$change/still-owned")
    if [ -z "$_file" ]; then return 1; fi
    say operations.apt.kept file="$_file" account="$3"
}
put_account_file() {
    if [ ! -e "$change/before/accounts/$1" ]; then rm -f "/etc/$1"; return 0; fi
    restore_account_file "$change/before/accounts/$1" "$1"
}

put_registries_back() {
    if cmp -s "$change/before/packages" "$change/packages"; then
        tar -C / --numeric-owner -xpf "$change/before/registries.tar"
    else
        comm -13 "$change/before/packages" "$change/packages" | sed 's/^/not as before, and left alone: /'
    fi
}
