"""The tenant admin console for Cumulocity IoT."""
