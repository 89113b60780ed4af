"""The service that every program of chaos asks."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from chaos_support import Echo

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def echo() -> Iterator[Echo]:
    service = Echo()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(service.serve, "127.0.0.1", 0))
    service.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield service

    async def stop() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
