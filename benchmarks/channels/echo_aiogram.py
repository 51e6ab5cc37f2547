"""aiogram's own dispatcher behind its own webhook handler, as its manual shows: an echo."""

import os

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

dispatcher = Dispatcher()


@dispatcher.message()
async def echo(message: Message) -> None:
    await message.answer(message.text)


if __name__ == "__main__":
    server = TelegramAPIServer.from_base(os.environ["API"])
    bot = Bot(os.environ["TOKEN"], session=AiohttpSession(api=server))
    app = web.Application()
    handler = SimpleRequestHandler(dispatcher, bot, secret_token=os.environ["SECRET"])
    handler.register(app, path=os.environ["WEBHOOK"])
    setup_application(app, dispatcher, bot=bot)
    app.router.add_get("/readyz", lambda _request: web.Response())
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
