"""Owns SMART Backend Services: who may ask the server, how they prove it, and what their tokens open.

https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

from fhir_adapter.testing.server.smart.assertions import Client
from fhir_adapter.testing.server.smart.auth import Grant, SmartAuth
from fhir_adapter.testing.server.smart.keys import Signer, generate_client

__all__ = ["Client", "Grant", "Signer", "SmartAuth", "generate_client"]
