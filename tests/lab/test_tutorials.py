"""The checks of every tutorial work as they are written there, as root and, where they can, as another user."""

from __future__ import annotations

from lab.operator import SHIPPED, STATUS, Operator
from tests.lab.conftest import on_one_of

pytestmark = on_one_of("trixie", "bookworm")

TUTORIALS = {
    "killall": "killall -0 redis-server",
    "pidof": "pidof redis-server",
    "pgrep": "pgrep -x redis-server",
    "kill": "kill -0 $(cat /run/redis/redis-server.pid)",
    "systemctl": "systemctl is-active redis-server",
    "curl": "curl -fsS -o /dev/null http://127.0.0.1:8080/",
    "nc": "nc -z 127.0.0.1 6379",
    "bash": "bash -c '</dev/tcp/127.0.0.1/6379'",
    "ss": "ss -ltn 'sport = :6379' | grep -q LISTEN",
    "ping": "ping -c 1 -W 1 127.0.0.1",
    "redis-cli": "redis-cli ping | grep -q PONG",
    "sudo": "sudo -n -u redis redis-cli ping",
    "su": "su -s /bin/sh redis -c 'redis-cli ping'",
    "socket": "test -S /run/redis/redis.sock && redis-cli -s /run/redis/redis.sock ping",
    "file": "test -w /var/lib/redis",
}
AS_ROOT = {"killall", "kill", "sudo", "su", "socket", "file"}


def test_the_checks_of_every_tutorial_work_as_they_are_written(managers: Operator) -> None:
    managers.everywhere(
        "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "
        "curl netcat-openbsd procps psmisc redis-server busybox-static > /dev/null 2>&1; "
        "printf 'unixsocket /run/redis/redis.sock\\nunixsocketperm 700\\n' >> /etc/redis/redis.conf; "
        "systemctl restart redis-server; mkdir -p /srv/www; echo well > /srv/www/index.html; "
        "systemd-run --quiet --unit web busybox httpd -f -p 127.0.0.1:8080 -h /srv/www"
    )
    # What Debian 13's systemd sets at boot, so that ping needs no capability.
    managers.everywhere("echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range")
    users = [(name, user) for name in TUTORIALS for user in ("root", "nobody") if user == "root" or name not in AS_ROOT]
    checks = [f'  {name}-{user}: {{command: "{TUTORIALS[name]}", user: {user}}}\n' for name, user in users]
    managers.configures(f"{SHIPPED}checks:\n{''.join(checks)}")
    assert "Nothing is wrong" in managers.types(STATUS).text
    managers.afterwards(managers.server01, "systemctl start redis-server")
    managers.server01.succeed("systemctl stop redis-server")
    managers.sees_holder("server02")
    failing = {
        line.split()[2]
        for line in managers.attempts(STATUS).text.splitlines()
        if line.startswith("The check ") and "fails on server01" in line
    }
    assert failing == {f"{name}-{user}" for name, user in users} - {
        f"{name}-{user}" for name in ("curl", "ping", "file") for user in ("root", "nobody")
    }
