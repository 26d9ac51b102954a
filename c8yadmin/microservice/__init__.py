"""The console as a Cumulocity microservice; see docs/microservice.md."""
