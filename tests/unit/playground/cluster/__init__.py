"""Unit tests of the simulated cluster, over loopback HTTP and on a clock moved by hand."""
