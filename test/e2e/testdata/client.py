"""A chat client that knows docs/PROTOCOL.md and nothing else.

usage: client.py URL NAME ROOM TEXT
Says TEXT in ROOM, and prints the acknowledgement and the message as JSON lines.
"""

import asyncio
import json
import sys

import websockets


async def main(url, name, room, text):
    async with websockets.connect(url, subprotocols=["parley.chat.v1.json"]) as ws:

        async def say(**frame):
            await ws.send(json.dumps(frame))

        async def hear(*kinds):
            while True:
                frame = json.loads(await asyncio.wait_for(ws.recv(), 120))
                if frame["t"] == "error":
                    sys.exit("refused: " + frame["reason"])
                if frame["t"] in kinds:
                    return frame

        await say(t="hello", name=name)
        await hear("welcome")
        await say(t="join", ref=1, room=room)
        last = (await hear("joined"))["last"]
        await say(t="send", room=room, cid="python-1", text=text)
        seen, ack = None, None
        while seen is None or ack is None:
            frame = await hear("ack", "message")
            if frame["t"] == "ack":
                ack = frame
            if frame["t"] == "message":
                if frame["prev"] != last:
                    sys.exit(f"a gap: {frame} after {last}")
                last = frame["seq"]
                if frame.get("cid") == "python-1":
                    seen = frame
        print(json.dumps(ack))
        print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
