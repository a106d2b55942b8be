import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "garden.settings")
pages = get_asgi_application()


async def application(scope, receive, send):
    """A WebSocket at /echo/ says everything back; all else is Django's."""
    if scope["type"] != "websocket":
        await pages(scope, receive, send)
        return
    await receive()
    if scope["path"] != "/echo/":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    while (said := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": said.get("text", "")})
