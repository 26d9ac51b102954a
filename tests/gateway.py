"""What stands in front of a microservice: a proxy that has a path to itself and takes it off each address.

As the platform's gateway is documented to: the container sees another host name than the browser, plain HTTP,
and the browser's own words in `X-Forwarded-*` and `X-Real-IP`.
"""

from __future__ import annotations

import threading
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

INSIDE = "c8yadmin.default.svc.cluster.local"  # the container's name within the cluster
OF_A_HOP = {"connection", "host", "keep-alive", "transfer-encoding"}
ADDRESSES = ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url")


class Gateway:
    """Serves `prefix` on a port of its own by asking `target`, a port of this machine.

    `strays` are the addresses beside the prefix that were asked for, answered with, or meant by a cookie;
    `streamed` are the lines of event streams that went through.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.target = 0
        self.strays: list[str] = []
        self.streamed: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: Passage(self, *args))
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def leads_outside(self, address: str) -> bool:
        """Whether a browser that follows `address` leaves the prefix; an address within a page does not."""
        parts = urlsplit(address)
        if parts.netloc and f"{parts.scheme}://{parts.netloc}" != self.origin:
            return True
        rooted = parts.netloc or parts.path.startswith("/")
        return bool(rooted) and not f"{parts.path}/".startswith(f"{self.prefix}/")

    def judge(self, answer: HTTPResponse) -> None:
        """Note what of an answer's headers leads beside the prefix."""
        found = [value for name in ADDRESSES if (value := answer.getheader(name)) and value != "false"]
        self.strays += [f"answer: {address}" for address in found if self.leads_outside(address)]
        cookies = answer.headers.get_all("Set-Cookie") or []
        self.strays += [cookie for cookie in cookies if f"Path={self.prefix}" not in cookie]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Passage(BaseHTTPRequestHandler):
    """One request on its way through."""

    def __init__(self, gateway: Gateway, *args: Any) -> None:
        self.gateway = gateway
        super().__init__(*args)

    def pass_on(self) -> None:
        if not self.path.startswith(f"{self.gateway.prefix}/"):
            self.gateway.strays.append(f"request: {self.path}")
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        inside = HTTPConnection("127.0.0.1", self.gateway.target, timeout=60)
        try:
            inside.request(self.command, self.path[len(self.gateway.prefix) :], body, self.told())
            self.answer(inside.getresponse())
        except ConnectionError:
            pass  # the browser has gone, or the container ends
        finally:
            inside.close()

    do_GET = do_POST = do_HEAD = pass_on

    def told(self) -> dict[str, str]:
        """The headers for the container."""
        own = {name: value for name, value in self.headers.items() if name.lower() not in OF_A_HOP}
        return own | {
            "Host": INSIDE,
            "X-Forwarded-Host": self.headers["Host"],
            "X-Forwarded-Prefix": self.gateway.prefix,
            "X-Forwarded-Proto": "http",
            "X-Real-IP": "192.0.2.7",
        }

    def answer(self, answer: HTTPResponse) -> None:
        """Pass on what the container says, at once."""
        self.gateway.judge(answer)
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OF_A_HOP:
                self.send_header(name, value)
        self.end_headers()
        stream = answer.headers.get_content_type() == "text/event-stream"
        while piece := answer.read1(65_536):
            self.wfile.write(piece)
            if stream:
                self.gateway.streamed += piece.decode().splitlines()

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""
