"""Owns the step from landed files to rows: one typed, strict scan per resource type."""
