# How a file is read whose folder may be another user's. No link is followed, and nothing but a file is read: else that
# user has root read a file of root's, or wait for ever at a pipe. dd opens it so: whoever changes it meanwhile gains
# nothing.
read_kept() {
  if [ -f "$1" ] && [ ! -h "$1" ]; then dd if="$1" bs=4096 count=1 iflag=nofollow,nonblock status=none 2>/dev/null; fi
}

# When the flag was made, and what it says. keepalived follows a link: whether that drains is told, and no more.
read_flag() {
  stat -c %Y -- "$1"
  if [ ! -h "$1" ]; then
    read_kept "$1"
  elif [ -f "$1" ]; then
    dd if="$1" bs=64 count=1 iflag=nonblock status=none 2>/dev/null | grep -qE '^[[:space:]]*\+?0*[1-9]' && echo 1
  fi
}

