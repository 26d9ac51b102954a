"""The login options that each tenant begins with."""

from __future__ import annotations

from sdk.sandbox.call import Json


def standard_options() -> dict[str, Json]:
    """By id: OAI-Secure and Basic. The limits of sessions stand in the tenant's session rules."""
    common: Json = {
        "providerName": "Cumulocity",
        "userManagementSource": "INTERNAL",
        "visibleOnLoginPage": True,
    }
    basic: Json = {"type": "BASIC", "id": "BASIC", "authenticationRestrictions": {}}
    return {
        "OAUTH2_INTERNAL": common
        | {"id": "OAUTH2_INTERNAL", "type": "OAUTH2_INTERNAL", "grantType": "PASSWORD"},
        "BASIC": common | basic,
    }


def is_forbidden(restrictions: Json, agent: str) -> bool:
    """Whether a client that names itself `agent` may not use Basic authentication."""
    if agent in restrictions.get("trustedUserAgents", ()):
        return False
    browser = agent.startswith("Mozilla/") and "WEB_BROWSERS" in restrictions.get("forbiddenClients", ())
    return browser or agent in restrictions.get("forbiddenUserAgents", ())
