#!/usr/bin/perl
# Run by another user on a server: reads all that it can, as fast as it can, and notes where it saw what must not be seen.
# Arguments: the file for its findings, a regular expression of secrets, and the folders to look through. Ends when
# a file FINDINGS.end is there; then the number of its rounds and of files read stands in the last line.
use strict; use warnings;
my ($findings, $secret, @folders) = @ARGV;
my ($rounds, $files, %said) = (0, 0);
open(my $out, '>>', $findings) or die; $out->autoflush(1) if $out->can('autoflush'); select((select($out), $| = 1)[0]);
sub look {
    my ($path) = @_;
    sysopen(my $file, $path, 2048 | 131072) or return;    # O_NONBLOCK (a FIFO must not hold it up), O_NOFOLLOW
    $files++;
    sysread($file, my $text, 262144) or return;
    if ($text =~ /$secret/ && !$said{$path}++) { print $out "$path\n"; }
}
sub walk {
    my ($folder, $depth) = @_;
    opendir(my $d, $folder) or return;
    for my $name (readdir $d) {
        next if $name eq '.' || $name eq '..';
        my $path = "$folder/$name";
        if (-l $path) { next }
        elsif (-d _) { walk($path, $depth + 1) if $depth < 8 }
        elsif (-f _ || -p _) { look($path) }
    }
}
until (-e "$findings.end") {
    $rounds++;
    walk($_, 0) for @folders;
    for my $process (glob '/proc/[0-9]*') { look("$process/cmdline"); look("$process/environ") }
}
print $out "rounds $rounds files $files\n";
