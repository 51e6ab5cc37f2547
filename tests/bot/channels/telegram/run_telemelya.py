"""Serves telemelya on loopback: `run_telemelya.py PORT`. It wants Redis, and gets one in memory.

Its store for media (S3) stays unopened: no test here sends any.
"""

import sys

import fakeredis
import uvicorn
from fastapi import FastAPI
from telemelya.server import bot_api, control_api
from telemelya.server.state import state_manager

if __name__ == "__main__":
    state_manager._redis = fakeredis.FakeAsyncRedis(decode_responses=True)
    app = FastAPI()
    app.include_router(bot_api.router)
    app.include_router(control_api.router)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
