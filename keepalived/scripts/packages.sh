# What facts.Packages asks a server: lines KEY BASE64, the last one `end`.
export LC_ALL=C
say() { printf '%s ' "$1"; base64 -w 0; echo; }
apt-cache policy keepalived | say policy
apt-get --simulate upgrade --with-new-pkgs 2>/dev/null | say pending
dpkg --audit | say audit
dpkg-query --show --showformat '${db:Status-Abbrev}' keepalived 2>/dev/null | say status
# Services whose processes have a file mapped that an upgrade has replaced by another. The system's own alone: a user's
# session and a container may run services of the same names.
grep -lsE ' r-xp .* /(usr|lib|bin|sbin)[^ ]* \(deleted\)$' /proc/[0-9]*/maps | while read -r maps; do
  sed -nE 's,^[0-9]+:[^:]*:/system\.slice/([^/]+\.slice/)*([^/]+\.service)$,\2,p' "${maps%/maps}/cgroup" 2>/dev/null
done | sort -u | while read -r unit; do
  if [ "$(systemctl show --property LoadState --value -- "$unit")" = loaded ]; then echo "$unit"; fi
done | say stale
echo end
