# What a node does so that established TCP connections to a floating address live through a planned move.
# Run as `bash -c TEXT keepalived-connections VERB ...`; docs/connections.md says how it works.
#
#   check NEIGHBOUR...               what keeps this node from it, a line each; nothing: it can (changes nothing)
#   list ADDRESS                     the connections to ADDRESS that this node serves, a line each
#   pass ADDRESS NEIGHBOUR INTERFACE SECONDS   loads the table on standard input, which passes packets on to NEIGHBOUR and others
#   serve ADDRESS SECONDS GRACE PEER=WORD...   goes on serving ADDRESS once it is off the interface, and tells the peers so
#   seen ADDRESS                     waits until every node that this one passes on to has told that it serves
#   unpass, unserve ADDRESS          takes down the one or the other
#   end ADDRESS...                   takes all of it down
#   watch, clean                     what the unit keepalived-connections.service runs, and what it runs at its end
#
# All that is remembered lies in /run and goes with a boot, as routes and tables do. One unit a node watches all of it:
# where the unit ends, however it does, everything is taken down. Nothing is set up before the unit is there.

export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 077
base=/run/keepalived-connections
unit=keepalived-connections.service
protocol=212   # of our routes: nobody else's are touched
port=9         # discard: what is told to a peer is taken by its table and reaches no program
linger=10      # seconds for which a node that has the address again still tells its peers
late=5         # seconds after a move for which a node without connections still takes packets of the address

say_no() { echo "$*" >&2; exit 1; }
seconds() { local up rest; read -r up rest < /proc/uptime; echo "${up%.*}"; }
family_of() { case $1 in *:*) echo 6;; *) echo 4;; esac; }
table_of() { case $1 in *:*) echo "ip6 keepalived-connections-${1//:/_}";; *) echo "ip keepalived-connections-$1";; esac; }
# Connections that end by themselves within a minute are not waited for; programs of this very node are no clients.
connections() {
  local address=$1; case $1 in *:*) address="[$1]";; esac
  timeout 5 ss -Htn state connected exclude time-wait exclude syn-sent src "$address" not dst "$address"
}
forwarded() { # those that the node hands to a container of its own, as Docker does: they are no socket of the node
  timeout 5 conntrack -L -f ipv$(family_of "$1") -p tcp -d "$1" --dst-nat 2> /dev/null |
    sed -nE 's/.* ESTABLISHED src=([^ ]+) dst=[^ ]+ sport=([0-9]+) dport=([0-9]+) .*/\1 . \2 . \3/p'
}
counted() { local all; all=$(connections "$1") && if [ -z "$all" ]; then echo 0; else wc -l <<< "$all"; fi; }
carries() { [ -n "$(ip -o address show to "$1")" ]; }
is_route() { ip -"$(family_of "$1")" route show table local proto $protocol | grep -q "^local $1 "; }
device_to() { # the interface behind which a neighbour is; nothing when it is behind a router
  case $1 in *%*) echo "${1#*%}"; return;; esac
  local found; found=$(ip -o route get "$1" 2>/dev/null) || return 1
  case $found in *" via "*) return 1;; *" dev "*) found=${found#* dev }; echo "${found%% *}";; *) return 1;; esac
}
put() { printf '%s\n' "$2" > "$1.new" && mv -f "$1.new" "$1"; }
lock() {
  while :; do
    mkdir -p $base && exec 9> $base/lock && flock -w "${1:-20}" 9 || say_no "another run holds $base/lock"
    [ $base/lock -ef /proc/self/fd/9 ] && return  # else whoever had it has removed it
  done
}

check() {
  local family said neighbour tool missing=
  for tool in nft conntrack ss ip systemd-run flock timeout; do
    command -v "$tool" > /dev/null || { missing=yes; echo "$tool is not installed"; }
  done
  [ -d /run/systemd/system ] || echo "systemd does not run"
  for neighbour; do device_to "$neighbour" > /dev/null || echo "$neighbour is not on the same network segment"; done
  [ -z "$missing" ] || return 0
  for family in "ip 127.0.0.1" "ip6 ::1"; do
    # The kernel looks at it, and loads the modules that it needs, but does not put it in place.
    said=$(printf 'table %s keepalived-connections-check {
      set told { type iface_index; size 8; flags dynamic,timeout; timeout 10s; }
      chain pass { type filter hook prerouting priority -195; udp dport 9 delete @told { iif }
      ct state new dup to %s device "lo" drop; }; }' $family | nft -c -f - 2>&1) ||
      echo "nft cannot load such a table (${said%%$'\n'*})"
  done
}

list() { # 10.10.0.2:443 10.10.0.1:5000 -> 10.10.0.1 . 5000 . 443; also [fd00::2]:443, [::ffff:10.10.0.2]:443, [fe80::2]%eth0:443
  local all; all=$(connections "$1") || say_no "ss does not tell the connections to $1"
  sed -nE 's/^(\S+ +){3}\S+:([0-9]+) +\[?(::ffff:)?([0-9a-fA-F.:]+)\]?(%[^]:]+)?\]?:([0-9]+)( .*)?$/\4 . \6 . \2/p' <<< "$all"
  forwarded "$1"
}

is_watched() { [ -e $base/watched ] && systemctl --quiet is-active $unit; }
watched() { # we have the lock, and from now on there is a unit that watches what we set up
  is_watched && return
  exec 9>&-  # the end of an earlier one may need it
  systemctl stop $unit 2> /dev/null
  lock
  is_watched && return
  put $base/program "$BASH_EXECUTION_STRING"
  systemd-run --quiet --collect --unit=$unit --description='Established connections to floating addresses' \
    --property=KillMode=mixed --property=TimeoutStopSec=20 \
    --property="ExecStopPost=/bin/bash $base/program clean" \
    /bin/bash $base/program watch 9>&- || say_no "systemd does not start $unit"
  : > $base/watched
}

pass() {
  local address=$1 neighbour=$2 device=$3 own text by
  by=$(device_to "$neighbour") || say_no "$neighbour is not on the same network segment"
  [ "$by" = "$device" ] || say_no "$neighbour is reached by $by, and packets of $address come by $device"
  command -v nft > /dev/null || say_no "nft is not installed"
  text=$(cat)
  own=$(list "$address") || exit
  own=$(paste -sd, <<< "$own")
  lock
  watched
  mkdir -p "$base/pass/$address"
  put "$base/pass/$address/until" $(($(seconds) + $4))
  put "$base/pass/$address/since" "$(seconds)"
  put "$base/pass/$address/to" "$neighbour"
  { printf 'define segment = "%s"\n%s\n' "$device" "$text"
    [ -z "$own" ] || printf 'add element %s own { %s }\n' "$(table_of "$address")" "$own"; } | nft -f - || {
    rm -rf "${base:?}/pass/$address"; say_no "nft does not load the table of $address"; }
}

is_alone() { # whether the network of an address leaves the node with it: then answers would find no way to the clients
  local shown prefix
  case $1 in
    *:*)
      shown=$(ip -6 -o address show to "$1"); prefix=${shown#*"$1"/}; prefix=${prefix%% *}
      [ -n "$shown" ] && [ "$prefix" != 128 ] && [ "$(ip -6 -o address show to "$1/$prefix" | wc -l)" -le 1 ];;
    *) [ -n "$(ip -4 -o route show table main proto kernel src "$1")" ];;
  esac
}

serve() {
  local address=$1 time=$2 grace=$3 device setting; shift 3
  ! is_alone "$address" || say_no "the network of $address is there only with the address, so answers would find no way"
  lock
  watched
  local folder=$base/serve/$address
  mkdir -p "$folder"
  # What it serves since an earlier move already ends when that move has it end.
  [ -e "$folder/moved" ] && [ ! -e "$folder/back" ] || put "$folder/until" $(($(seconds) + time))
  put "$folder/grace" $(($(seconds) + grace))
  rm -f "$folder/moved" "$folder/back"
  { [ ! -e "$folder/peers" ] || cat "$folder/peers"; printf '%s\n' "$@"; } | tail -n 40 > "$folder/peers.new"
  mv -f "$folder/peers.new" "$folder/peers"
  put "$folder/forwarded" "$(forwarded "$address" | wc -l)"
  put "$folder/count" "$(($(counted "$address" || echo 1) + $(cat "$folder/forwarded")))"
  is_route "$address" || ip -"$(family_of "$address")" route append local "$address" dev lo table local proto $protocol ||
    say_no "the route of $address cannot be set"
  tell_peers "$folder"
  case $address in *:*) return;; esac
  # Neighbours are answered, and asked, for addresses that are on the interface: the address must not seem to be here.
  device=$(ip -o address show to "$address"); device=${device#*: }; device=${device%% *}
  [ -n "$device" ] || return 0
  for setting in arp_ignore=1 arp_announce=2; do
    local path=/proc/sys/net/ipv4/conf/$device/${setting%=*} saved=$base/saved/$device.${setting%=*} was
    { [ -e "$saved" ] || { read -r was < "$path" && mkdir -p $base/saved && put "$saved" "$was"; }; } &&
      echo "${setting#*=}" > "$path" || say_no "$path cannot be set"
  done
}

tell_peers() { # with a letter more as the second word: that it serves no more
  local peer word
  while IFS='=' read -r peer word; do
    [ -z "$word" ] || printf %s "$word$2" > "/dev/udp/$peer/$port"
  done 2> /dev/null < "$1/peers"
}

seen() {
  local address=$1 tries=0 table sets left
  table=$(table_of "$address")
  while :; do
    left=0
    sets=$(nft list table $table) || say_no "the table of $address is not there"
    while read -r line; do case $line in "set told_"*) left=$((left + 1));; esac; done <<< "$sets"
    left=$((left - $(grep -c expires <<< "$sets")))
    [ $left -le 0 ] && return
    [ $((tries += 1)) -gt 30 ] && say_no "it gets no word from the node that serves $address now"
    sleep 0.1
  done
}

end_pass() { nft delete table $(table_of "$1") 2> /dev/null; rm -rf "${base:?}/pass/$1"; }
end_serve() {
  [ ! -e "$base/serve/$1/peers" ] || tell_peers "$base/serve/$1" .
  ip -"$(family_of "$1")" route del local "$1" dev lo table local proto $protocol 2> /dev/null
  rm -rf "${base:?}/serve/$1"
  [ -z "$(ls -A $base/serve 2> /dev/null)" ] || return 0
  local saved name path now set
  for saved in $base/saved/*; do
    [ -e "$saved" ] || continue
    name=${saved##*/}; path=/proc/sys/net/ipv4/conf/${name%.*}/${name##*.}
    case $name in *.arp_ignore) set=1;; *) set=2;; esac
    # What somebody has set meanwhile stays.
    if read -r now < "$path" && [ "$now" = "$set" ]; then
      cat "$saved" > "$path"
    fi
    rm -f "$saved"
  done
  rmdir $base/saved 2> /dev/null
}
unpass() { [ -d $base ] || return 0; lock; end_pass "$1"; }
unserve() { [ -d $base ] || return 0; lock; end_serve "$1"; }
end() { [ -d $base ] || return 0; lock; local one; for one; do end_serve "$one"; end_pass "$one"; done; }
clean() { # where the watching has ended otherwise than by itself: whatever is left goes
  [ -e $base/watched ] || return 0
  lock
  local one
  for one in $base/serve/* $base/pass/*; do [ ! -e "$one" ] || { end_serve "${one##*/}"; end_pass "${one##*/}"; }; done
  rm -rf $base
}

watch() {
  local round=0
  while sleep 0.9; do
    # First of all, and without the lock: who does not hear it for 10 s passes nothing on any more.
    for folder in $base/serve/*; do [ ! -e "$folder/peers" ] || tell_peers "$folder"; done
    lock 120
    now=$(seconds)
    for folder in $base/serve/*; do [ ! -e "$folder/until" ] || watch_serving "${folder##*/}" $((round % 5)); done
    for folder in $base/pass/*; do [ ! -e "$folder/until" ] || watch_passing "${folder##*/}" $((round % 5)); done
    round=$((round + 1))
    if ! compgen -G "$base/serve/*" > /dev/null && ! compgen -G "$base/pass/*" > /dev/null; then
      rm -rf $base
      exit
    fi
    exec 9>&-
  done
}
watch_serving() {
  local until grace moved back count forwarded
  read -r until < "$folder/until"; read -r grace < "$folder/grace"
  [ "$2" -ne 0 ] || put "$folder/forwarded" "$(forwarded "$1" | wc -l)"  # asks for all that conntrack has
  if count=$(counted "$1"); then
    read -r forwarded < "$folder/forwarded"
    put "$folder/count" "$((count + forwarded))"
  fi
  read -r count < "$folder/count"
  if carries "$1"; then
    if [ -e "$folder/moved" ]; then
      [ -e "$folder/back" ] || put "$folder/back" "$now"
      read -r back < "$folder/back"
      [ "$now" -lt $((back + linger)) ] || until=0
    elif [ "$now" -ge "$grace" ]; then
      until=0  # no move has come
    fi
  else
    [ -e "$folder/moved" ] || put "$folder/moved" "$now"
    rm -f "$folder/back"
    read -r moved < "$folder/moved"
    [ "$count" -gt 0 ] || [ "$now" -lt $((moved + late)) ] || until=0
  fi
  [ "$now" -lt "$until" ] || end_serve "$1"
}
watch_passing() {
  local until since
  read -r until < "$folder/until"; read -r since < "$folder/since"
  [ "$now" -lt "$until" ] || { end_pass "$1"; return; }
  [ "$2" -eq 0 ] && [ "$now" -ge $((since + 15)) ] || return
  # Nobody has told lately that it serves: there is nobody to pass on to. An nft that is late tells nothing.
  local shown
  if shown=$(timeout 5 nft list table $(table_of "$1") 2>&1); then
    case $shown in *expires*) ;; *) end_pass "$1";; esac
  else
    case $shown in *"No such file"*) end_pass "$1";; esac
  fi
}

verb=$1; shift
case $verb in check | list | pass | serve | seen | unpass | unserve | end | clean | watch) "$verb" "$@";; *) say_no "no verb $verb";; esac
exit
