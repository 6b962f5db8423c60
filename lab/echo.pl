# A server that answers each line with its host's name and that line: `perl echo.pl PORT`, on all addresses.
# perl is on every Debian host; python is not.
use strict;
use warnings;
use IO::Handle;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6 IPPROTO_IPV6 IPV6_V6ONLY);
use IO::Select;
use Sys::Hostname;

my ($port) = @ARGV;
my $name = hostname();
my $select = IO::Select->new;
my (%listens, %rest);
for my $family (AF_INET, AF_INET6) {
    socket(my $one, $family, SOCK_STREAM, 0) or next;
    setsockopt($one, SOL_SOCKET, SO_REUSEADDR, 1);
    setsockopt($one, IPPROTO_IPV6, IPV6_V6ONLY, 1) if $family == AF_INET6;
    bind($one, $family == AF_INET6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, "::")) : sockaddr_in($port, INADDR_ANY))
        or die "bind: $!";
    listen($one, 1024) or die "listen: $!";
    $one->blocking(0);
    $select->add($one);
    $listens{fileno $one} = $one;
}
$SIG{PIPE} = "IGNORE";
while ($select->can_read) {
    select(undef, undef, undef, 0.002);  # more lines have come by then: a look at all connections is dear
    my @ready = $select->can_read(0);
    for my $one (@ready) {
        if ($listens{fileno $one}) {
            while (accept(my $client, $one)) { $select->add($client) }
            next;
        }
        my $got = sysread($one, my $text, 65536);
        if (!$got) { delete $rest{fileno $one}; $select->remove($one); close $one; next }
        $rest{fileno $one} = ($rest{fileno $one} // "") . $text;
        while ($rest{fileno $one} =~ s/^(.*)\n//) { syswrite($one, "$name $1\n") }
    }
}
