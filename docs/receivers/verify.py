#!/usr/bin/env python3
"""Is this webhook delivery from Wrenn?

Reads the raw body from standard input. The secret is in WRENN_WEBHOOK_SECRET, as it was shown;
arguments are the headers X-WRENN-SIGNATURE and X-Wrenn-Timestamp, and the greatest age in seconds.
Exit code 0: genuine; 1: not.
"""
import datetime
import hashlib
import hmac
import os
import sys


def genuine(secret: str, signature: str, timestamp: str, body: bytes, max_age: float) -> bool:
    # The key is the text of the secret itself, not what its digits stand for.
    message = timestamp.encode("ascii") + b"." + body
    expected = "sha256=" + hmac.new(secret.encode("ascii"), message, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return False
    sent = datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    age = (datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds()
    return abs(age) <= max_age  # an old delivery may be one that somebody recorded


if __name__ == "__main__":
    age = float(sys.argv[3]) if len(sys.argv) > 3 else 300
    secret = os.environ["WRENN_WEBHOOK_SECRET"]
    ok = genuine(secret, sys.argv[1], sys.argv[2], sys.stdin.buffer.read(), age)
    print("genuine" if ok else "refused")
    sys.exit(0 if ok else 1)
