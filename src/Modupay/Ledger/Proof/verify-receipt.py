#!/usr/bin/env python3
"""Checks a ledger receipt without Modupay: verify-receipt.py receipt.json [public-key.pem]

A journal's text is hashed to a leaf (SHA-256 behind a zero byte, RFC 6962) and climbs to the root in its block's text; the block's text climbs
to the root in the head's text; the head is signed (ECDSA P-256, checked with openssl). Keep the public key from a source other than the receipt."""
import base64, hashlib, json, subprocess, sys, tempfile

def leaf(text): return hashlib.sha256(b"\0" + text.encode()).digest()

def climb(node, path):
    for step in path:
        other = bytes.fromhex(step[1:])
        node = hashlib.sha256(b"\1" + (other + node if step[0] == "L" else node + other)).digest()
    return node.hex()

receipt = json.load(open(sys.argv[1]))
block = receipt["block"].rstrip("\n").split("\t")
if climb(leaf(receipt["journal"]), receipt["journalPath"]) != block[4]:
    sys.exit("FALSE: the journal is not in the block")
if "head" not in receipt:
    sys.exit("INCOMPLETE: the journal is in the block, but no signed head covers the block yet")
head = receipt["head"]["text"].rstrip("\n").split("\t")
if climb(leaf(receipt["block"]), receipt["blockPath"]) != head[3] or head[1] != block[1]:
    sys.exit("FALSE: the block is not under the head")
if len(sys.argv) < 3:
    sys.exit("INCOMPLETE: consistent up to the head, whose signature was not checked: name the public key")
with tempfile.NamedTemporaryFile() as signature:
    signature.write(base64.b64decode(receipt["head"]["signature"])); signature.flush()
    check = subprocess.run(["openssl", "dgst", "-sha256", "-verify", sys.argv[2], "-signature", signature.name], input=receipt["head"]["text"].encode(), capture_output=True)
if check.returncode: sys.exit("FALSE: the head is not signed by this key")
print("TRUE: signed at", receipt["head"]["signedAt"]); print(receipt["journal"], end="")
