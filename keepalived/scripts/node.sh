# What facts.Node asks a node. Given: $asked, $journal, $flag, $configuration, $drop_in, $checkpoint, $checks, $results,
# $lock, $memory, $identity, $connections; $sysctl_file, $sysctls, $packages, $networkd, $networks, $network_drop_in,
# $firewall, $firewall_name, $firewall_policy. Before it stands scripts/flag.sh.
#
# The report is one line, `report BASE64`. In it each part begins with a line of its own: a mark, which no file on the
# node can know, and the part's name. A part that is not to be had is left out. The last line is `end`: what was cut
# short says nothing, rather than that there is no flag.
#
# A run asks many times, and a server that is busy pays for each process: what the shell can do, it does itself.
#
# The daemon is asked for its JSON dump by a signal, and only while systemd says it is up: before that it has no handler
# and would die of it. It renames the file into place before it writes it, so the end of the JSON is waited for, for a
# second at most. It writes to $TMPDIR, ours or that of whoever started it.

export LC_ALL=C
umask 077  # the lock is ours alone
most=262144  # bytes that are read of a file
line_end='
'
read -r mark < /proc/sys/kernel/random/uuid
part() { printf '\n%s %s\n' "$mark" "$1"; }

tell() {
  printf %s "$mark"
  part asked; printf %s "$asked"
  binary=$(command -v keepalived)
  about=$(stat -L -c '%n|%i|%s|%.Z|%a|%u|%g' -- ${binary:+"$binary"} "$configuration" "$drop_in" "${flag%/*}/" "$checks"/* \
    /proc/self 2>/dev/null)  # the last one tells the time
  part files; echo "$about"
  if [ -n "$binary" ]; then
    # It takes longer to tell its version and its signals than all the rest takes: what this very file has said is kept.
    about=${about%%"$line_end"*}; kept=
    if [ -r "$memory" ]; then { read -r kept; read -r version; read -r signal; } < "$memory"; fi
    if [ "$kept" != "$about" ]; then
      version=$(keepalived --version 2>&1); version=${version%%"$line_end"*}; signal=$(keepalived --signum=JSON)
      printf '%s\n' "$about" "$version" "$signal" > "$memory.$$" && mv -f "$memory.$$" "$memory"
    fi
    part version; echo "$version"
  fi
  show="systemctl show keepalived.service -p LoadState -p ActiveState -p SubState -p UnitFileState -p NeedDaemonReload \
    -p MainPID -p ExecMainStartTimestamp"
  unit=$($show --timestamp=us+utc 2>/dev/null || $show)  # before systemd 248 there is no --timestamp
  part unit; echo "$unit"
  case $unit in *MainPID=*) pid=${unit##*MainPID=}; pid=${pid%%"$line_end"*};; *) pid=0;; esac
  part addresses; ip -j address show
  part flag
  if [ -e "$flag" ]; then read_flag "$flag"; fi
  part boot; eval "$identity"
  if [ -e "$checkpoint" ]; then part checkpoint; read_kept "$checkpoint"; fi
  if [ -e "$configuration" ]; then part configuration; head -c $most "$configuration"; fi
  if [ -e "$drop_in" ]; then part drop_in; head -c $most "$drop_in"; fi
  tell_of_host 2>/dev/null
  part checks  # one line each, root's own (templates/check.sh.j2)
  for result in "$results"/*; do
    if [ -r "$result" ] && read -r line < "$result"; then printf '%s %s\n' "${result##*/}" "$line"; fi
  done
  part tools; command -v nft; command -v conntrack  # of several names dash tells the first one alone
  part connections  # scripts/connections.sh keeps these; most of the time there are none
  for one in "$connections"/serve/*; do
    if [ -r "$one/count" ] && read -r line < "$one/count"; then echo "serve ${one##*/} $line"; fi
  done
  for one in "$connections"/pass/*; do
    if [ -r "$one/to" ] && read -r line < "$one/to"; then echo "pass ${one##*/} $line"; fi
  done
  if [ -n "$journal" ] && command -v journalctl >/dev/null; then
    look="journalctl --quiet --no-pager --unit keepalived.service --output short-unix"
    part journal; { $look --lines 1 --grep 'Entering [A-Z]+ STATE'; $look --since '-10 s' --grep 'advert from'; } 2>/dev/null
  fi
  if [ "$pid" -gt 0 ]; then tell_of_daemon; fi
}

# What is not asked for, and not there, costs no process.
tell_of_host() {
  if [ -e "$sysctl_file" ]; then part sysctl_file; head -c $most "$sysctl_file"; fi
  # Not by the shell's own `read`: it takes a letter at a time, and such a file gives one and no more.
  if [ -n "$sysctls" ]; then part sysctls; (cd /proc/sys && grep -H '' -- $sysctls); fi
  if [ -n "$packages" ]; then part packages; dpkg-query --show --showformat '${Package} ${db:Status-Abbrev}\n' $packages; fi
  if [ -e "$firewall" ]; then part firewall; head -c $most "$firewall"; fi
  case $firewall_name in
    nftables) if command -v nft >/dev/null; then
      part ruleset; nft list ruleset | grep -E '^table |type .* hook |comment "floating-address"'
    fi;;
    ufw) if command -v ufw >/dev/null; then
      part ufw; grep -hE '^IPV6=|^### tuple ### allow (vrrp|ah) ' /etc/default/ufw /etc/ufw/user.rules /etc/ufw/user6.rules
    fi;;
    firewalld) if command -v firewall-cmd >/dev/null; then
      part firewalld; if [ -e "$firewall_policy" ]; then head -c $most "$firewall_policy"; fi
    fi;;
  esac
  part networks
  for link in ${networkd:+/run/systemd/netif/links/*}; do
    while read -r line; do case $line in NETWORK_FILE=*) echo "${link##*/} ${line#*=}";; esac; done < "$link"
  done
  part kept
  for drop_in in "$networks"/*.network.d/"$network_drop_in"; do if [ -e "$drop_in" ]; then echo "$drop_in"; fi; done
}

tell_of_daemon() {
  file=$(find "/proc/$pid/fd" -lname '/memfd:/keepalived/consolidated_configuration*' -print -quit)
  if [ -n "$file" ]; then
    running=$(head -c $most "$file")
    part running; printf '%s\n' "$running"
    # The flag of the drain's check alone (conf/drain_check.py): any other file in there is somebody else's.
    case $running in
      *" -e $flag\""* | *"file \"$flag\""*) part running_flag; echo "$flag";;
      *)
        runs_with=$(printf '%s\n' "$running" | sed -nE '/^(vrrp_script|track_file) chk_releasevip( |\{|$)/,/^\}/ {
          s#^(script "/usr/bin/test ! -e |file ")(.*)"$#\2#; T; p; q }')
        if [ -n "$runs_with" ]; then
          part running_flag; echo "$runs_with"
          if [ -e "$runs_with" ]; then read_flag "$runs_with"; fi
        fi;;
    esac
  fi
  if [ -e "$flag" ]; then
    part flag_seen; if [ -e "/proc/$pid/root$flag" ]; then echo yes; else echo no; fi
  fi
  environment=$(sed -zn 's/^\(TMPDIR\|KEEPALIVED_DROP_IN\)=.*/&\n/p' "/proc/$pid/environ" 2>/dev/null | tr -d '\0')
  part environment; printf '%s\n' "$environment"
  case $unit in *ActiveState=active*) ;; *) return;; esac
  case $environment in *TMPDIR=*) folder=${environment#*TMPDIR=}; folder=${folder%%"$line_end"*};; *) folder=/tmp;; esac
  dump=/proc/$pid/root$folder/keepalived.json
  exec 9>"$lock"; flock -w 3 9
  if [ -e "$dump" ]; then rm -f "$dump"; fi
  if kill -s "$signal" "$pid"; then
    tries=0 dumped=
    while case $dumped in *']') false;; esac && [ $tries -lt 50 ]; do
      sleep 0.02; tries=$((tries + 1))
      if [ -s "$dump" ]; then  # as in read_kept, which would cost a process more
        dumped=$(dd if="$dump" bs=$most count=1 iflag=nofollow,nonblock status=none 2>/dev/null)
      fi
    done
    if [ -n "$dumped" ]; then part dump; printf '%s\n' "$dumped"; fi
    rm -f "$dump"
  fi
}

printf 'report '; tell | base64 -w 0; echo
echo end
