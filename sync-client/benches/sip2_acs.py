"""A SIP2 server over pysip2 (MIT, not ours) that grants every checkout: the server of the bench in sip2.rs.

Prints its port, then serves until its standard input ends. Takes messages with and without a checksum.
"""

import sys

import anyio
import pysip2
from pysip2 import routes

app = pysip2.SIP2Server(error_detection="auto", encoding="utf-8", institution_id="LIB")


@app.route(routes.LOGIN)
async def login(req, ctx):
    return pysip2.LoginResponse(ok="1")


@app.route(routes.CHECKIN)
async def checkin(req, ctx):
    return pysip2.CheckinResponse(
        ok="1",
        resensitize="Y",
        magnetic_media="N",
        alert="N",
        transaction_date=ctx.now_18(),
        institution_id="LIB",
        item_identifier=req.item_identifier,
        permanent_location="stacks",
    )


@app.route(routes.CHECKOUT)
async def checkout(req, ctx):
    return pysip2.CheckoutResponse(
        ok="1",
        renewal_ok="N",
        magnetic_media="N",
        desensitize="Y",
        transaction_date=ctx.now_18(),
        institution_id="LIB",
        patron_identifier=req.patron_identifier,
        item_identifier=req.item_identifier,
        title_identifier="The Pickwick Papers",
        due_date="2026-12-22",
    )


async def main():
    async with app.start() as port:
        print(port, flush=True)
        # Whoever started this may be killed: then its end of the pipe goes with it.
        await anyio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)


anyio.run(main)
