# What facts.Node asks a node. Given: $asked, $journal, $flag, $configuration, $checkpoint, $lock, $memory, $identity.
#
# Every part of the report is a line: KEY=WORDS where they are plain words, KEY BASE64 else. A part that is not to be had
# is left out. The last line is `end`: what was cut short says nothing, rather than that there is no flag.
#
# A run asks many times, and a server that is busy pays for each process: what the shell can do, it does itself.
#
# The daemon is asked for its JSON dump by a signal, and only while systemd says it is up: before that it has no handler
# and would die of it. It renames the file into place before it writes it, so the end of the JSON is waited for, for a
# second at most. It writes to $TMPDIR, ours or that of whoever started it.

export LC_ALL=C; runs_with=
line_end='
'
say() { printf '%s ' "$1"; base64 -w 0; echo; }
echo "asked $asked"
if binary=$(command -v keepalived); then
  # It takes longer to tell its version and its signals than all the rest takes: what this very file has said is kept.
  about=$(stat -L -c '%n %i %s %.Z' "$binary"); kept=
  if [ -r "$memory" ]; then { read -r kept; read -r version; read -r signal; } < "$memory"; fi
  if [ "$kept" != "$about" ]; then
    version=$(keepalived --version 2>&1); version=${version%%"$line_end"*}; signal=$(keepalived --signum=JSON)
    printf '%s\n' "$about" "$version" "$signal" > "$memory.$$" && mv -f "$memory.$$" "$memory"
  fi
  echo "version=$version"
fi
show="systemctl show keepalived.service -p LoadState -p ActiveState -p SubState -p UnitFileState -p NeedDaemonReload \
  -p MainPID -p ExecMainStartTimestamp"
unit=$($show --timestamp=us+utc 2>/dev/null || $show)  # before systemd 248 there is no --timestamp
printf '%s\n' "$unit" | say unit
echo "drop_ins="$(stat -c %.Y /etc/systemd/system/keepalived.service.d/*.conf 2>/dev/null)
ip -j address show | say addresses
if [ -e "$flag" ]; then { stat -L -c %Y "$flag"; head -c 4096 "$flag"; } | say flag; else echo flag=; fi
echo "flag_folder=$(stat -c %a "${flag%/*}/" 2>/dev/null)"
echo "boot=$(eval "$identity")"
if [ -e "$checkpoint" ]; then say checkpoint < "$checkpoint"; fi
if [ -e "$configuration" ]; then say configuration < "$configuration"; fi
case $unit in *MainPID=*) pid=${unit##*MainPID=}; pid=${pid%%"$line_end"*};; *) pid=0;; esac
if [ "$pid" -gt 0 ]; then
  file=$(find /proc/"$pid"/fd -lname '/memfd:/keepalived/consolidated_configuration*' -print -quit)
  if [ -n "$file" ]; then
    say running < "$file"
    # The flag of the drain's check alone (conf/drain_check.py): any other file in there is somebody else's.
    runs_with=$(sed -nE '/^(vrrp_script|track_file) chk_releasevip( |\{|$)/,/^\}/ {
      s#^(script "/usr/bin/test ! -e |file ")(.*)"$#\2#; T; p; q }' "$file")
  fi
fi
if [ -n "$runs_with" ] && [ -e "$runs_with" ]; then
  { echo "$runs_with"; stat -L -c %Y "$runs_with"; head -c 4096 "$runs_with"; } | say running_flag
elif [ -n "$runs_with" ]; then
  echo "running_flag=$runs_with"
fi
if [ "$pid" -gt 0 ] && [ -e "$flag" ]; then
  if [ -e "/proc/$pid/root$flag" ]; then echo flag_seen=yes; else echo flag_seen=no; fi
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
  if kill -s "$signal" "$pid"; then
    tries=0
    while case $(tail -c 2 "$dump" 2>/dev/null) in *']') false;; esac && [ $tries -lt 50 ]; do
      sleep 0.02; tries=$((tries + 1))
    done
    if [ -s "$dump" ]; then say dump < "$dump"; fi
    rm -f "$dump"
  fi;;
esac
echo end
