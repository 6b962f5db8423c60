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
edit=
for instance in $instances; do
  edit="$edit
/^[[:space:]]*vrrp_instance[[:space:]]+$instance[[:space:]]*[{]/,/^[}]/ { /^[[:space:]]*nopreempt[[:space:]]*\$/d; }"
done
sed -E "$edit" "$configuration" > "$less" || exit 1
if cmp -s "$configuration" "$less"; then
  rm -f "$less"
  echo "$configuration has no nopreempt in $instances" >&2
  exit 1
fi
pid=$(systemctl show keepalived.service -p MainPID --value)
in_memory() {
  file=$(find "/proc/$pid/fd" -lname '/memfd:/keepalived/consolidated_configuration*' -print -quit)
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
