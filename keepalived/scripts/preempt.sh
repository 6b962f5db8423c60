# Reloads keepalived without `nopreempt` in some instances, so that it takes them over from a lower priority.
# Given: $configuration, $instances, $lock.
#
# A reload reads the daemon's own file and no other. So a copy without these lines lies in its place until the daemon has
# read it, which its own copy in memory tells. Then the file is there again, the same one as before: whoever starts or
# reloads keepalived later has `nopreempt` again.

exec 9>"$lock"; flock -w 30 9 || exit 1
umask 027
less=$configuration.preempts whole=$configuration.whole
put_back() {
  if [ "$configuration" -ef "$less" ] && [ -e "$whole" ]; then mv -f "$whole" "$configuration"; fi
  rm -f "$less" "$less.new" "$whole"
}
put_back  # what was cut short once
# Whoever wrote the file: a brace may stand on the next line, names may be quoted, # and ! begin comments.
kept=$(awk -v instances="$instances" -v less="$less" '
BEGIN { count = split(instances, names, " "); for (i = 1; i <= count; i++) wanted[names[i]] = 1 }
{
  line = rest = $0; at = 0; words = 0; cut = 0
  while (match(rest, /"[^"]*"|[#!].*|[{}]|[^ \t\r"{}#!]+/)) {
    word = substr(rest, RSTART, RLENGTH); start = at + RSTART; at += RSTART + RLENGTH - 1
    rest = substr(rest, RSTART + RLENGTH)
    if (word ~ /^[#!]/) break
    if (word == "{") { words = 0; if (++depth == 1) inside = name; name = ""; continue }
    if (word == "}") { words = 0; if (--depth <= 0) { depth = 0; inside = "" }; continue }
    if (word ~ /^"/) word = substr(word, 2, length(word) - 2)
    if (words == 0 && word ~ /^@/) continue
    words++
    if (depth == 0 && words == 1) { first = word; name = "" }
    if (depth == 0 && words == 2 && first == "vrrp_instance") name = word
    if (depth == 1 && words == 1 && word == "nopreempt" && (inside in wanted)) {
      line = substr(line, 1, start - 1 - cut) substr(line, start + 9 - cut); cut += 9; found[inside] = 1
    }
  }
  if (cut && line ~ /^[ \t\r]*$/) next
  print line > less
}
END { for (i = 1; i <= count; i++) if (!(names[i] in found)) printf "%s%s", (missing++ ? ", " : ""), names[i] }
' "$configuration") || exit 1
if [ -n "$kept" ]; then
  rm -f "$less"
  echo "$configuration has no nopreempt of $kept, and this daemon runs with it: it may be in an included file." \
    "Take nopreempt out there, run \`systemctl reload keepalived\` on $(uname -n), then run the command again" >&2
  exit 1
fi
pid=$(systemctl show keepalived.service -p MainPID --value)
in_memory() {
  file=$(find "/proc/$pid/fd" -lname '/memfd:/keepalived/consolidated_configuration*' -print -quit 2>/dev/null)
  if [ -n "$file" ]; then sha256sum < "$file"; fi
}
before=$(in_memory)
trap put_back EXIT
trap 'exit 1' HUP INT TERM PIPE
ln "$configuration" "$whole" && ln "$less" "$less.new" && mv -f "$less.new" "$configuration" || exit 1
systemctl reload keepalived.service || exit 1
tries=0 last=$before now=$before
while { [ "$now" = "$before" ] || [ "$now" != "$last" ]; } && [ $tries -lt 60 ]; do
  sleep 0.05; tries=$((tries + 1)) last=$now now=$(in_memory)
done
:  # whether it has come about, the next look tells
