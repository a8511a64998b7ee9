"""Owns meaning: frozen records and pure functions on the standard library, shared by every engine."""
