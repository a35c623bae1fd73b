#!/usr/bin/env perl
# Is this webhook delivery from Wrenn?
#
# Reads the raw body from standard input. The secret is in WRENN_WEBHOOK_SECRET, as it was shown;
# arguments are the headers X-WRENN-SIGNATURE and X-Wrenn-Timestamp, and the greatest age in
# seconds. Exit code 0: genuine; 1: not.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_hex);
use Time::Local qw(timegm);

sub genuine {
    my ($secret, $signature, $timestamp, $body, $max_age) = @_;
    # The key is the text of the secret itself, not what its digits stand for.
    my $expected = 'sha256=' . hmac_sha256_hex("$timestamp.$body", $secret);
    return 0 unless length $expected == length $signature;
    my $different = 0; # every character is looked at: the time tells nothing
    $different |= ord(substr $expected, $_, 1) ^ ord(substr $signature, $_, 1)
        for 0 .. length($expected) - 1;
    return 0 if $different;
    return 0 unless $timestamp =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z$/;
    my $sent = timegm($6, $5, $4, $3, $2 - 1, $1);
    return abs(time - $sent) <= $max_age; # an old delivery may be one that somebody recorded
}

binmode STDIN;
my $body = do { local $/; <STDIN> } // '';
my $ok = genuine($ENV{WRENN_WEBHOOK_SECRET}, $ARGV[0], $ARGV[1], $body, $ARGV[2] // 300);
print $ok ? "genuine\n" : "refused\n";
exit($ok ? 0 : 1);
