# What facts.Files asks a node. Given: $configuration.
#
# keepalived.conf and what it includes: `file_N BASE64`, the path on the first line of each. A file is read up to $most
# bytes, and $many at most. The daemon's own copy has what it alone could resolve. The last line is `end`.

export LC_ALL=C
most=262144
many=64
line_end='
'
tell() { printf '%s ' "$1"; base64 -w 0; echo; }

uname -n | tell hostname
ip -j address show | tell addresses

todo=$configuration seen= number=0 large=
while [ -n "$todo" ]; do
  path=${todo%%"$line_end"*}
  case $todo in *"$line_end"*) todo=${todo#*"$line_end"};; *) todo=;; esac
  case $line_end$seen$line_end in *"$line_end$path$line_end"*) continue;; esac
  seen=$seen$line_end$path
  if [ ! -f "$path" ] || [ ! -r "$path" ]; then continue; fi
  number=$((number + 1))
  if [ "$number" -gt "$many" ] || [ "$(wc -c < "$path")" -gt "$most" ]; then large=$large$path$line_end; continue; fi
  { printf '%s\n' "$path"; cat -- "$path"; } | tell "file_$number"
  folder=${path%/*}
  # Each name is a pattern, relative to the file that includes it. It may have blanks in it.
  for found in $(
    IFS=$line_end
    cd "$folder" && for pattern in $(set -f; sed -nE 's/^[[:space:]]*(@\^?[^[:space:]]+[[:space:]]+)?include[a-z]*[[:space:]]+"?([^"#!]*[^"#![:space:]]).*/\2/p' "$path"); do
      printf '%s\n' $pattern
    done | sed 's/ /\\040/g'
  ); do
    found=$(printf '%b' "$found")
    case $found in /*) ;; *) found=$folder/$found;; esac
    todo=${todo:+$todo$line_end}$found
  done
done
printf %s "$large" | tell large

printf '%s\n' "$seen" | while read -r path; do
  if [ -f "$path" ]; then
    sed -nE 's/^[[:space:]]*(script|notify(_master|_backup|_fault|_stop)?)[[:space:]]+"?([A-Za-z0-9_.+\/-]+).*/\3/p' "$path"
  fi
done | sort -u | head -n 100 | while read -r program; do
  case $program in
    /*) if [ -f "$program" ] && [ -x "$program" ]; then echo "yes $program"; else echo "no $program"; fi;;
    *) if command -v "$program" >/dev/null; then echo "yes $program"; else echo "no $program"; fi;;
  esac
done | tell programs

pid=$(systemctl show keepalived.service -p MainPID 2>/dev/null); pid=${pid#MainPID=}
if [ "${pid:-0}" -gt 0 ]; then
  tr '\0' '\n' < "/proc/$pid/cmdline" | sed -n '/^\(-i\|--config-id\)$/ { n; p; q }; s/^-i\(..*\)/\1/p; s/^--config-id=//p' | tell config_id
  copy=$(find "/proc/$pid/fd" -lname '/memfd:/keepalived/consolidated_configuration*' -print -quit)
  if [ -n "$copy" ]; then head -c $most "$copy" | tell running; fi
fi
echo end
