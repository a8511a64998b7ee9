"""Faults between a client and a FHIR server: profiles, a journal of what passed, and a trap for what leaks."""
