"""Owns the two engines that answer a trial: `reference` says what is right, `duckdb` computes."""
