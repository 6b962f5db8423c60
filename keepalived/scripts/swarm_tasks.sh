# What facts.SwarmTasks asks a manager: lines KEY BASE64, the last one `end`. Given: $node.
say() { printf '%s ' "$1"; base64 -w 0; echo; }
docker="timeout 20 docker"
here=$($docker node ps --no-trunc --format '{{json .}}' "$node") || exit 1
services=$($docker service ls --quiet) || exit 1
all=
if [ -n "$services" ]; then all=$($docker service ps --no-trunc --format '{{json .}}' $services) || exit 1; fi
printf '%s\n' "$here" | say here
printf '%s\n' "$all" | say all
echo end
