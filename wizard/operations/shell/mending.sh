# What a power cut or a killed apt leaves of packages, mended. Read together with residue.sh, whose words it uses.
# shellcheck disable=SC2046,SC2086 # lists of packages, units and files are split into words on purpose

# The scripts of packages start services, and would wait behind jobs of the boot that hang.
boot_is_over() {
    _status=0
    timeout 60 systemctl is-system-running --wait >/dev/null 2>&1 || _status=$?
    if [ $_status = 124 ]; then systemctl cancel || true; fi
}

# After a power cut or a killed apt: unpacks again what is half-installed, configures what is half-configured.
mend_packages() { held mend_held; }
mend_held() {
    if [ -z "$(dpkg --audit)" ] && [ -z "$(ls -A /var/lib/dpkg/updates)" ]; then return 0; fi
    say operations.apt.interrupted
    boot_is_over
    _half=$(in_state '.H.|..R')
    if [ -n "$_half" ] && apt_get install --reinstall -- $_half; then repaired unpacked $_half; fi
    _half=$(in_state 'i[UFWt].')
    dpkg --configure -a </dev/null || true
    apt_get install -f || apt_get install --reinstall -- $(in_state 'i[UHFWt].') || true
    if [ -n "$(dpkg --audit)" ]; then dpkg --audit >&2; return 1; fi
    if [ -n "$_half" ]; then repaired configured $_half; fi
}
in_state() { # REGEX of dpkg's three letters
    dpkg-query -W -f='${db:Status-Abbrev} ${binary:Package}\n' | grep -E "^($1) " | sed 's/^... *//'
}

# Whether an earlier try was cut off by the power: dpkg syncs its files, but the scripts of packages do not sync theirs,
# so configuration, keys and certificates that they wrote may be empty, and none of them writes what is there already.
power_was_cut() { if [ -s "$change/before/boot" ]; then [ "$(cat "$change/before/boot")" != "$(boot_id)" ]; else false; fi; }
emptied() { # paths of files that are empty since; programs' own state often is, and a log or a lock
    find /etc /usr /var/lib /boot -xdev -type f -empty -cnewer "$change/before" ! -path '/var/lib/wizard/*' \
        ! -path '/var/lib/systemd/*' ! -path '/var/lib/apt/*' ! -path '/var/lib/dpkg/*' ! -path '/var/lib/postgresql/*' \
        ! -path '/var/lib/ucf/*' ! -name '*.lock' ! -name '.pwd.lock' ! -name '*.log' -print0 | sort -z | comm -z -23 - "$change/owned" | tr '\0' '\n'
}
no_cluster() { # PACKAGES: PostgreSQL came with them, and has no cluster, or one that does not run
    if ! echo "$1" | grep -qx postgresql-common; then return 1; fi
    if ! dpkg-query -W -f='${Package} ${db:Status-Status}\n' 'postgresql-[0-9]*' | grep -q ' installed$'; then return 1; fi
    # one that is held back does not run yet
    if [ -s "$change/hold" ]; then [ -z "$(pg_lsclusters -h)" ]; return; fi
    [ -z "$(pg_lsclusters -h)" ] || pg_lsclusters -h | grep -qv ' online '
}
# Where that has hurt something, what was added is taken away, and all begins anew: it is nobody's yet.
start_over_if_hurt() {
    if ! power_was_cut; then mend_packages; return; fi
    boot_is_over
    mend_packages || touch "$change/hurt"
    present_now >"$change/packages"
    _added=$(comm -13 "$change/before/present" "$change/packages")
    owned >"$change/owned"
    _empty=$(emptied)
    if [ -n "$_empty$(damaged $_added)" ] || no_cluster "$_added"; then touch "$change/hurt"; fi
    if [ ! -e "$change/hurt" ]; then return 0; fi
    say operations.apt.lost packages="$_empty"
    sync "$change/hurt" "$change"
    put_back
    rm -rf "$change/after" "$change/kept" "$change/broken-off"
    mv "$change/before" "$change/.gone"
    rm -rf "$change/.gone" "$change/hurt" "$change/repaired" "$change/hold"
    repaired begun-anew $_added
}
# The upgrade cannot go back, but what it has emptied in /etc is known, and its packages can come again.
mend_upgrade() {
    if ! power_was_cut; then mend_packages; return; fi
    mend_packages || true
    owned >"$change/owned"
    emptied | sed -n 's#^/##p' >"$change/empty"
    tar -tf "$change/before/etc.tar" | grep -vE '/$' | sort | comm -12 - "$change/empty" >"$change/restore"
    if [ -s "$change/restore" ]; then
        tar -C / --numeric-owner -xpf "$change/before/etc.tar" -T "$change/restore"
        repaired rewritten $(sed 's#^#/#' "$change/restore")
    fi
    _bad=$(damaged $(present_now) | sed 's/^[^/]*//' | xargs -r -d '\n' dpkg-query -S 2>/dev/null | sed 's/: .*//; s/,.*//' | sort -u)
    if [ -n "$_bad" ]; then
        apt_lists now
        apt_get install --reinstall -- $_bad
        repaired reinstalled $_bad
    fi
    if [ -n "$(dpkg --audit)" ]; then dpkg --audit >&2; return 1; fi
}
remember_etc() { # as `remember before`, of /etc only
    if [ -d "$change/before" ]; then return 0; fi
    rm -rf "$change/.before"
    (umask 077; mkdir "$change/.before"; tar -C / --numeric-owner -cf "$change/.before/etc.tar" etc)
    boot_id >"$change/.before/boot"
    sync -f "$change/.before"
    mv "$change/.before" "$change/before"
    sync "$change"
}
