"""A small library over pysip2, an independent SIP2 server library (MIT): the peer of the tests in peer.rs.

Usage: peer.py ENCODING [PATRON ITEM..]: one more patron, and items of these numbers. Prints its port, then serves until
its standard input ends.
It demands a login and a checksum in every message, and real dates; it ends the line at what it cannot read.
"""

import sys

import anyio
import pysip2
from pysip2 import routes

ITEMS = {"40017": None, "40018": None, "40019": "P2"}
TITLE = "東周列國志"
PATRONS = {"P1": "246810", "P2": "135790"}
PAID = set()
PATRONS.update((patron, "123456") for patron in sys.argv[2:3])
ITEMS.update((item, None) for item in sys.argv[3:])

app = pysip2.SIP2Server(
    error_detection="required",
    encoding=sys.argv[1],
    institution_id="LIB",
    login_required=True,
)


@app.route(routes.LOGIN)
async def login(req, ctx):
    is_known = (req.login_user_id, req.login_password) == ("kiosk1", "secret")
    return pysip2.LoginResponse(ok="1" if is_known else "0")


@app.route(routes.PATRON_INFORMATION)
async def patron_information(req, ctx):
    patron = req.patron_identifier
    loans = tuple(item for item, by in ITEMS.items() if by == patron)
    password = getattr(req, "patron_password", None)
    is_right = not password or PATRONS.get(patron) == password
    return pysip2.PatronInformationResponse(
        patron_status=" " * 14,
        language=req.language,
        transaction_date=ctx.now_18(),
        hold_items_count="0000",
        overdue_items_count="0000",
        charged_items_count=f"{len(loans):04}",
        fine_items_count="0000",
        recall_items_count="0000",
        unavailable_holds_count="0000",
        institution_id="LIB",
        patron_identifier=patron,
        personal_name="张三",
        valid_patron="Y" if patron in PATRONS else "N",
        valid_patron_password="Y" if is_right else "N",
        charged_items=loans if req.summary[2] == "Y" else (),
    )


@app.route(routes.ITEM_INFORMATION)
async def item_information(req, ctx):
    item = req.item_identifier
    is_known = item in ITEMS
    is_lent = ITEMS.get(item) is not None
    return pysip2.ItemInformationResponse(
        circulation_status="04" if is_lent else "03" if is_known else "01",
        security_marker="01",
        fee_type="01",
        transaction_date=ctx.now_18(),
        due_date="2026-12-22" if is_lent else None,
        item_identifier=item,
        title_identifier=TITLE if is_known else "",
    )


@app.route(routes.CHECKOUT)
async def checkout(req, ctx):
    item, patron = req.item_identifier, req.patron_identifier
    ok = item in ITEMS and ITEMS[item] is None and patron in PATRONS
    if ok:
        ITEMS[item] = patron
    return pysip2.CheckoutResponse(
        ok="1" if ok else "0",
        renewal_ok="N",
        magnetic_media="N",
        desensitize="Y" if ok else "N",
        transaction_date=ctx.now_18(),
        institution_id="LIB",
        patron_identifier=patron,
        item_identifier=item,
        title_identifier=TITLE,
        due_date="2026-12-22" if ok else "",
        screen_message=() if ok else ("不可外借",),
    )


@app.route(routes.CHECKIN)
async def checkin(req, ctx):
    item = req.item_identifier
    ok = ITEMS.get(item) is not None
    if ok:
        ITEMS[item] = None
    return pysip2.CheckinResponse(
        ok="1" if ok else "0",
        resensitize="Y" if ok else "N",
        magnetic_media="N",
        alert="N",
        transaction_date=ctx.now_18(),
        institution_id="LIB",
        item_identifier=item,
        permanent_location="stacks",
        title_identifier=TITLE,
    )


@app.route(routes.RENEW)
async def renew(req, ctx):
    item, patron = req.item_identifier, req.patron_identifier
    ok = ITEMS.get(item) == patron
    return pysip2.RenewResponse(
        ok="1" if ok else "0",
        renewal_ok="Y" if ok else "N",
        magnetic_media="N",
        desensitize="N",
        transaction_date=ctx.now_18(),
        institution_id="LIB",
        patron_identifier=patron,
        item_identifier=item,
        title_identifier=TITLE,
        due_date="20261231    235900" if ok else "",
    )


@app.route(routes.RENEW_ALL)
async def renew_all(req, ctx):
    loans = tuple(item for item, by in ITEMS.items() if by == req.patron_identifier)
    return pysip2.RenewAllResponse(
        ok="1",
        renewed_count=f"{len(loans):04}",
        unrenewed_count="0000",
        transaction_date=ctx.now_18(),
        institution_id="LIB",
        renewed_items=loans,
    )


@app.route(routes.FEE_PAID)
async def fee_paid(req, ctx):
    PAID.add(req.transaction_id)
    return pysip2.FeePaidResponse(
        payment_accepted="Y" if len(PAID) == 1 else "N",
        transaction_date=ctx.now_18(),
        institution_id="LIB",
        patron_identifier=req.patron_identifier,
        transaction_id=req.transaction_id,
    )


@app.route(routes.END_PATRON_SESSION)
async def end_session(req, ctx):
    return pysip2.EndSessionResponse(
        end_session="Y",
        transaction_date=ctx.now_18(),
        institution_id="LIB",
        patron_identifier=req.patron_identifier,
    )


@app.route(routes.ITEM_STATUS_UPDATE)
async def item_status_update(req, ctx):
    return pysip2.ItemStatusUpdateResponse(
        item_properties_ok="1",
        transaction_date=ctx.now_18(),
        item_identifier=req.item_identifier,
    )


@app.route(routes.HOLD)
async def hold(req, ctx):
    return pysip2.HoldResponse(
        ok="1",
        available="N",
        transaction_date=ctx.now_18(),
        institution_id="LIB",
        patron_identifier=req.patron_identifier,
    )


async def main():
    async with app.start() as port:
        print(port, flush=True)
        # The test that started this may be killed: then its end of the pipe goes with it.
        await anyio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)


anyio.run(main)
