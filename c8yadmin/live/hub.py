"""The hub: one Redis subscription per process, shared by all the streams that the process serves."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from c8yadmin.live import channels
from c8yadmin.live.stream import Stream

log = logging.getLogger(__name__)
SILENCE = 15.0  # seconds without a word from Redis before it is asked whether it is still there
PATIENCE = 5.0  # seconds for it to take a subscription
PAUSE = 0.5  # seconds between two attempts to reach it
GATHERING = 0.2  # seconds in which news gathers after some was told
TOLD_TOGETHER = 50  # streams that speak before anything else in the process gets its turn


class Full(Exception):
    """No more streams for this session, or for a process that stops."""


class Hub:
    """Delivers what other processes publish to the streams of this one.

    What Redis published while it could not be heard is gone; meanwhile pages are told to poll, and after
    every new subscription to `resync`, which is what makes lost signals harmless.
    """

    def __init__(self, redis_url: str, streams: int, streams_per_session: int) -> None:
        self.redis_url = redis_url
        self.limit = streams
        self.limit_per_session = streams_per_session
        self.streams: set[Stream] = set()
        self.listening: bool | None = None  # until the first attempt has an outcome
        self.stopping = False
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to listen and to tell; needs a running event loop."""
        self._begin(self._listen())
        self._begin(self._tell())

    async def stop(self) -> None:
        """End every stream and stop listening."""
        self.close_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)  # the loop itself would forget it
        task.add_done_callback(self._tasks.discard)

    def close_all(self) -> None:
        """End every stream, and open no new one, because this process is about to stop."""
        self.stopping = True
        for stream in self.streams:
            stream.close("restart")

    def stream(self, session_key: str, tenant: str) -> Stream:
        """A stream that is not open yet."""
        return Stream((session_key, tenant), channels.fingerprint(session_key), self._news, self.streams)

    def open(self, stream: Stream) -> None:
        """Let `stream` hear what is told; raises `Full` where it would be one too many of its session's."""
        mine = sum(1 for each in self.streams if each.session == stream.session)
        if self.stopping or mine >= self.limit_per_session:
            raise Full
        if self.listening is False:
            stream.poll()
        self.streams.add(stream)

    async def _tell(self) -> None:
        """Let streams speak that have something to say; what comes up meanwhile is said together.

        One task for all of them, so that a silent stream costs little memory.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            due = [stream for stream in self.streams if stream.has_news]
            for first in range(0, len(due), TOLD_TOGETHER):
                for stream in due[first : first + TOLD_TOGETHER]:
                    with stream.guarded():
                        if stream.has_news:  # it may have ended meanwhile
                            stream.speak()
                await asyncio.sleep(0)
            await asyncio.sleep(GATHERING)

    async def _listen(self) -> None:
        while True:
            try:
                redis = Redis.from_url(self.redis_url, retry=Retry(NoBackoff(), 0))
                async with redis, redis.pubsub() as subscription:
                    await self._relay(subscription)
            except (RedisError, OSError) as error:
                if self.listening is not False:
                    log.warning("live hub has no Redis: %s", type(error).__name__)
                    for stream in self.streams:
                        stream.poll()
                self.listening = False
            await asyncio.sleep(PAUSE)

    async def _relay(self, subscription: PubSub) -> None:
        async with asyncio.timeout(PATIENCE):
            await subscription.psubscribe(channels.PATTERN)
        asked = False
        while True:
            message = await subscription.get_message(timeout=SILENCE)
            if message is None and asked:
                raise TimeoutError
            asked = message is None
            if message is None:
                await subscription.ping()
            else:
                self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "psubscribe":
            self.listening = True
            log.info("live hub listens")
            for stream in self.streams:
                stream.resync()
        elif message["type"] == "pmessage":
            self._deliver(message["channel"].decode(), message["data"])

    def _deliver(self, channel: str, data: bytes) -> None:
        if channel.startswith(channels.BYES):
            for stream in self.streams:
                if channels.bye(stream.session) == channel:
                    stream.close("renew" if data == b"renew" else "signed-out")
            return
        try:
            signal = json.loads(data)
            job, version = str(signal["job"]), int(signal["v"])
        except (ValueError, KeyError, TypeError, OverflowError):
            log.warning("live hub met a message that is no signal")
            return
        topic = channel.removeprefix(channels.JOBS)
        for stream in self.streams:
            if topic in stream.topics:
                stream.tell(job, version)
