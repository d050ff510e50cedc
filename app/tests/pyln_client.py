"""Two payments by way of pyln-client's LightningRpc: exit status 0 if all of it works."""

import hashlib
import sys

from pyln.client import LightningRpc, RpcError

WHOLE, LARGER, SMALLER = 100_000_000, 60_000_000, 40_000_000


def refused(code, call):
    try:
        result = call()
    except RpcError as error:
        assert error.error["code"] == code, error.error
        return error.error
    raise AssertionError(f"not refused: {result}")


def opens(row):
    preimage = bytes.fromhex(row["payment_preimage"])
    return hashlib.sha256(preimage).hexdigest() == row["payment_hash"]


def in_two_parts(rpc):
    invoice = rpc.call("dev-invoice", {"amount_msat": WHOLE, "description": "pyln"})
    hash_, bolt11 = invoice["payment_hash"], invoice["bolt11"]
    larger = rpc.call("dev-routes", ["dave", LARGER, 2])["routes"][0]["route"]
    smaller = rpc.call("dev-routes", ["dave", SMALLER, 2])["routes"][1]["route"]

    by_position = rpc.sendpartialpay(larger, hash_, WHOLE, "larger", invoice["payment_secret"])
    assert by_position["status"] == "pending", by_position
    refused(200, lambda: rpc.waitpartialpay(by_position["id"], 0))
    by_name = rpc.sendpartialpay(
        route=smaller, payment_hash=hash_, intended_msatoshi=WHOLE, bolt11=bolt11
    )
    for part in (by_position, by_name):
        done = rpc.waitpartialpay(part["id"])
        assert done["status"] == "complete" and opens(done), done
    parts = rpc.listpartialpayments(payment_hash=hash_)["partialpayments"]
    assert [part["id"] for part in parts] == [by_position["id"], by_name["id"]], parts
    (payment,) = rpc.listpayments(None, hash_)["payments"]
    assert payment["status"] == "complete" and opens(payment), payment

    error = refused(201, lambda: rpc.sendpartialpay(larger, hash_, WHOLE + 1))
    assert "intended_msatoshi" in error["message"], error


def in_one_part(rpc):
    """pyln's own helpers, which speak today's names."""
    invoice = rpc.call("dev-invoice", [WHOLE])
    hash_ = invoice["payment_hash"]
    route = rpc.call("dev-routes", ["dave", WHOLE])["routes"][0]["route"]
    sent = rpc.sendpay(
        route,
        hash_,
        label="one part",
        amount_msat=WHOLE,
        payment_secret=invoice["payment_secret"],
    )
    assert sent["status"] in ("pending", "complete"), sent
    paid = rpc.waitsendpay(hash_, timeout=30)
    assert paid["status"] == "complete" and opens(paid), paid
    assert rpc.sendpay(route, hash_)["status"] == "complete"


def main():
    rpc = LightningRpc(sys.argv[1])
    info = rpc.getinfo()
    assert info["network"] == "regtest", info
    in_two_parts(rpc)
    in_one_part(rpc)
    assert any("sendpartialpay" in entry["command"] for entry in rpc.help()["help"])
    refused(208, lambda: rpc.waitpartialpay(10_000))
    refused(-32601, lambda: rpc.call("nosuchmethod"))
    refused(-32602, lambda: rpc.waitpartialpay("x"))


main()
