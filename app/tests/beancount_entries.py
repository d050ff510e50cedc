"""The transactions of a ledger as Beancount reads them, one JSON object a line."""

import json
import sys

from beancount import loader
from beancount.core import data


def main():
    entries, errors, _options = loader.load_file(sys.argv[1])
    assert not errors, errors
    for entry in entries:
        if not isinstance(entry, data.Transaction):
            continue
        meta = {k: v for k, v in entry.meta.items() if k not in ("filename", "lineno")}
        postings = [
            [posting.account, str(posting.units.number), posting.units.currency]
            for posting in entry.postings
        ]
        row = {
            "date": str(entry.date),
            "flag": entry.flag,
            "payee": entry.payee,
            "narration": entry.narration,
            "meta": {k: str(v) for k, v in meta.items() if not k.startswith("__")},
            "postings": postings,
        }
        print(json.dumps(row))


main()
