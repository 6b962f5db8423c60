# A server for the measurement of throughput: `perl stream.pl PORT`. A client sends a line `up BYTES` and so many bytes, and
# gets `ok`; or `down BYTES`, and gets so many. Then the next line.
use strict;
use warnings;
use Socket;

my ($port) = @ARGV;
my $size = 1 << 18;
my $zeros = "\0" x $size;
socket(my $listens, AF_INET, SOCK_STREAM, 0) or die;
setsockopt($listens, SOL_SOCKET, SO_REUSEADDR, 1);
bind($listens, sockaddr_in($port, INADDR_ANY)) or die "bind: $!";
listen($listens, 64) or die;
$SIG{CHLD} = "IGNORE";
while (1) {
    accept(my $client, $listens) or next;
    next if fork;
    while (1) {
        my $line = "";
        while ($line !~ /\n/) { sysread($client, $line, 1, length $line) or exit }
        my ($way, $left) = split " ", $line;
        while ($left > 0) {
            my $most = $left < $size ? $left : $size;
            my $done = $way eq "up" ? sysread($client, my $got, $most) : syswrite($client, $zeros, $most);
            exit unless $done;
            $left -= $done;
        }
        syswrite($client, "ok\n") if $way eq "up";
    }
}
