# What facts.Packages asks a server: lines KEY BASE64, the last one `end`.
export LC_ALL=C
say() { printf '%s ' "$1"; base64 -w 0; echo; }
apt-cache policy keepalived | say policy
apt-get --simulate upgrade --with-new-pkgs 2>/dev/null | say pending
dpkg --audit | say audit
echo end
