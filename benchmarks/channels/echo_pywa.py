"""pywa behind FastAPI, as its manual shows: an echo. Run in an environment of its own."""

import os

import uvicorn
from fastapi import FastAPI
from pywa_async import WhatsApp, types
from pywa_async.utils import UserIdentifier

app = FastAPI()
client = WhatsApp(
    phone_id=os.environ["ACCOUNT"],
    token=os.environ["TOKEN"],
    server=app,
    verify_token="any",  # noqa: S106 - nobody asks for it here
    app_secret=os.environ["SECRET"],
    webhook_endpoint=os.environ["WEBHOOK"],
    user_identifier_priority=(
        UserIdentifier.WA_ID,
        UserIdentifier.BSUID,
        UserIdentifier.PARENT_BSUID,
    ),
)
# Where Meta is, is no setting of pywa's.
client.api._session.base_url = os.environ["API"]  # noqa: SLF001


@client.on_message
async def echo(_client: WhatsApp, message: types.Message) -> None:
    await message.reply(message.text)


@app.get("/readyz")
async def ready() -> str:
    return ""


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
