"""Search: which parameter reads what, the rows it is found by, and the Bundles that answer."""
