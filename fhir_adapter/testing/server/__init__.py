"""A FHIR R4 server for tests: one handler from request to response, whatever carries the bytes."""
