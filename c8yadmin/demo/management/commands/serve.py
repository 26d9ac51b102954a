"""`manage.py serve`: the web server, with the options that the live streams need."""

from __future__ import annotations

import contextlib
import socket
from argparse import ArgumentParser
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import BaseCommand

from c8yadmin.live.line import Connection

APPLICATION = "c8yadmin.asgi:application"
WAITING = 2048  # connections that may wait to be taken in
# At a time: after a restart all browsers come at once, and each weighs 10 KB until it has asked.
TAKEN_IN = 50


class Server(uvicorn.Server):
    """Lets more connections wait than it takes in at a time, which are one number for asyncio."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for door in sockets or ():
            door.listen(WAITING)


class Command(BaseCommand):
    help = "Serve the console with uvicorn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--reload", action="store_true", help="start again when a file changes")
        parser.add_argument("--fd", type=int, help="serve this socket, which is open and listening already")

    def handle(self, *args: Any, host: str, port: int, reload: bool, fd: int | None, **options: Any) -> None:
        if reload:
            uvicorn.run(APPLICATION, host=host, port=port, reload=True, **server_options())
            return
        config = uvicorn.Config(APPLICATION, host=host, port=port, **server_options())
        with contextlib.suppress(KeyboardInterrupt):
            Server(config).run([config.bind_socket() if fd is None else socket.socket(fileno=fd)])


def server_options() -> dict[str, Any]:
    return {
        "interface": "asgi3",
        "loop": "asyncio",  # uvicorn would take uvloop where there is one, whose connections behave otherwise
        "ws": "none",  # nothing here speaks WebSocket; what does weighs a megabyte
        "http": Connection,
        "backlog": TAKEN_IN,
        "access_log": False,  # Django logs requests, without what must not be logged
        "log_config": None,
        "server_header": False,
        "proxy_headers": settings.BEHIND_PROXY,
        "forwarded_allow_ips": settings.PROXY_ADDRESSES,
        "timeout_graceful_shutdown": 5,  # an open stream would keep a stopping server for ever
    }
