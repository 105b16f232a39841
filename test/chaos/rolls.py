# Rolls as docs/chaos.md states them, in another language and from nothing but that page.
# Reads lines of JSON, [seed, key, step, attempt, fault], and answers each with the roll and the first 53 bits it is made from.

import hashlib
import json
import sys


def roll(seed, key, step, attempt, fault):
    digest = hashlib.sha256(f"{seed}:{key}:{step}:{attempt}:{fault}".encode()).digest()
    bits = int.from_bytes(digest[:7], "big") >> 3
    return bits, bits / 2**53


for line in sys.stdin:
    print(json.dumps(roll(*json.loads(line))))
