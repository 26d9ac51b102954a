"""The console on a server of its own, whose streams are open to whoever names a session."""

from tests.settings import *  # noqa: F403

LIVE_AUTHORIZE = "tests.live.rights.everyone"
