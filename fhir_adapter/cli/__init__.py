"""The command line: one module per command, thin; results on stdout, everything else on stderr."""
