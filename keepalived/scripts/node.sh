# What facts.Node asks a node. Given: $asked, $journal, $flag, $configuration, $record, $lock, $identity.
#
# Every part of the report is a line KEY BASE64; a part that is not to be had is left out. The last line is `end`: what
# was cut short says nothing, rather than that there is no flag.
#
# The daemon is asked for its JSON dump by a signal, and only while systemd says it is up: before that it has no handler
# and would die of it. It renames the file into place before it writes it, so the end of the JSON is waited for, for a
# second at most. It writes to $TMPDIR, ours or that of whoever started it.

export LC_ALL=C; runs_with=
say() { printf '%s ' "$1"; base64 -w 0; echo; }
echo "asked $asked"
if command -v keepalived >/dev/null; then keepalived --version 2>&1 | head -n 1 | say version; fi
show="systemctl show keepalived.service -p LoadState -p ActiveState -p SubState -p UnitFileState -p NeedDaemonReload \
  -p MainPID -p ExecMainStartTimestamp"
unit=$($show --timestamp=us+utc 2>/dev/null || $show)  # before systemd 248 there is no --timestamp
printf '%s\n' "$unit" | say unit
stat -c %.Y /etc/systemd/system/keepalived.service.d/*.conf 2>/dev/null | say drop_ins
ip -j address show | say addresses
if [ -e "$flag" ]; then stat -L -c %Y "$flag"; head -c 4096 "$flag"; fi | say flag
stat -c %a "$(dirname "$flag")" 2>/dev/null | say flag_folder
eval "$identity" | say boot
if [ -e "$record" ]; then say record < "$record"; fi
if [ -e "$configuration" ]; then say configuration < "$configuration"; fi
pid=$(printf '%s\n' "$unit" | sed -n 's/^MainPID=//p')
if [ "${pid:-0}" -gt 0 ]; then
  file=$(find /proc/"$pid"/fd -lname '/memfd:/keepalived/consolidated_configuration*' -print -quit)
  if [ -n "$file" ]; then
    say running < "$file"
    runs_with=$(sed -n 's|^script "/usr/bin/test ! -e \(.*\)"$|\1|p; s|^file "\(.*\)"$|\1|p' "$file" | head -n 1)
  fi
fi
if [ -n "$runs_with" ]; then
  { echo "$runs_with"; if [ -e "$runs_with" ]; then stat -L -c %Y "$runs_with"; head -c 4096 "$runs_with"; fi; } |
    say running_flag
fi
if [ "${pid:-0}" -gt 0 ] && [ -e "$flag" ]; then
  if [ -e "/proc/$pid/root$flag" ]; then echo yes; else echo no; fi | say flag_seen
fi
if [ -n "$journal" ] && command -v journalctl >/dev/null; then
  look="journalctl --quiet --no-pager --unit keepalived.service --output short-unix"
  { $look --lines 1 --grep 'Entering [A-Z]+ STATE'; $look --since '-10 s' --grep 'advert from'; } 2>/dev/null |
    say journal
fi
case $unit in *ActiveState=active*)
  folder=$(tr '\0' '\n' < /proc/"$pid"/environ | sed -n 's/^TMPDIR=//p')
  dump=/proc/$pid/root${folder:-/tmp}/keepalived.json
  exec 9>"$lock"; flock -w 3 9
  rm -f "$dump"
  if kill -s "$(keepalived --signum=JSON)" "$pid"; then
    tries=0
    while case $(tail -c 2 "$dump" 2>/dev/null) in *']') false;; esac && [ $tries -lt 50 ]; do
      sleep 0.02; tries=$((tries + 1))
    done
    if [ -s "$dump" ]; then say dump < "$dump"; fi
    rm -f "$dump"
  fi;;
esac
echo end
