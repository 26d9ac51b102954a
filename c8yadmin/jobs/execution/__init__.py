"""How jobs are done: from targets to chunks, under leases, at a bearable pace, to an exact account."""
