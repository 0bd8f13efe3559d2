#!/usr/bin/env python3
"""Recompute a signed bulletin from `zhudian ledger export --manifest CODE -o FILE`.

Uses nothing of Zhudian: Python's standard library, and the form written down in README.md beside this file.
It rebuilds every hash chain up to the signed heads, checks the credit lines, and recomputes each figure slot:
its value and the digest of its entries. Exit status 0 when everything agrees, 1 when anything does not.
"""
import hashlib
import json
import sys
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

MONEY = {"contract.amount", "funds.received"}
PLACES = {"province": "province", "city": "city", "county": "county", "unit": "unit", "team": "team", "station": "station"}
DIMS = dict(PLACES, batch="batch", company="company", project="project", event="event", industry="industry", wheel="wheel",
            chain="chain_of_industry", mode="mode", origin="origin", visited="visited", pairing="pairing", period="period")
PREFIX = {"industry", "origin", "visited"}
PEARL = ["440100", "440300", "440400", "440600", "440700", "441200", "441300", "441900", "442000"]
GROUPS = {"pearl_delta": PEARL, "greater_bay": PEARL + ["810000", "820000"]}


def canonical(e, credits, parties):
    g = lambda k: str(e.get(k, "") if e.get(k) is not None else "")
    lines = ["zhudian entry 1", g("ledger_chain"), g("seq"), g("prev"), g("id"), g("measure"), g("book"), g("delta"),
             g("occurred_on"), g("period"), g("recorded_at"), g("province"), g("city"), g("county"), g("unit"), g("team"),
             g("station"), g("batch"), g("company"), g("project"), g("event"), g("industry"), g("wheel"),
             g("chain_of_industry"), g("mode"), g("origin"), g("visited"), g("pairing"), g("tags"), g("claim"), g("round"),
             g("reason"), g("reverses"),
             ";".join("|".join([c.get("city", ""), c.get("county", ""), c["unit"], c.get("team", ""), c.get("station", ""),
                                str(c["share"]), str(c["delta"])]) for c in credits),
             ";".join(p["company"] + "|" + p.get("industry", "") for p in parties)]
    return "\n".join(lines)


def prefix(code):
    while len(code) in (4, 6) and code.endswith("00"):
        code = code[:-2]
    return code


def matches(e, word):
    dim, value = word.split(":", 1)
    if dim == "tag":
        return "|" + value + "|" in e.get("tags", "")
    if dim in ("month", "year", "date"):
        return e["occurred_on"].startswith(value)
    if dim == "unit":
        return value in (e.get("unit"), e.get("county"), e.get("city"), e.get("province"))
    values = GROUPS.get(value, [value]) if dim in ("origin", "visited") else [value]
    have = e.get(DIMS[dim], "")
    if dim in PREFIX:
        return any(have.startswith(prefix(v)) for v in values)
    return have in values


def selected(entries, q, measures, start, end, scope):
    by_dim = defaultdict(list)
    for w in q.get("where") or []:
        by_dim[w.split(":", 1)[0]].append(w)
    words = list(by_dim.values()) + [["unit:" + scope]]
    if q.get("station"):
        words.append(["station:" + q["station"]])
    if q.get("unit"):
        words.append(["unit:" + q["unit"]])
    return [x for x in entries if x[0]["measure"] in measures and x[0]["book"] == q["book"]
            and start <= x[0]["occurred_on"] <= end and all(any(matches(x[0], w) for w in alt) for alt in words)]


def total(rows):
    return sum(e["delta"] for e, _, _ in rows)


def distinct(rows, count, alias):
    left = defaultdict(int)
    for e, _, parties in rows:
        if count in ("company", "project"):
            names = [e[count]] if e.get(count) else []
        else:
            names = [p["company"] for p in parties
                     if count != "investor.industrial" or p.get("industry", "")[:1] in ("B", "C", "D")]
        for n in names:
            left[alias.get(n, n)] += e["delta"]
    return sum(1 for v in left.values() if v > 0)


def year_before(day):
    y, rest = int(day[:4]) - 1, day[4:]
    return "%04d%s" % (y, "-02-28" if rest == "-02-29" else rest)


def ratio(a, b, scale, places):
    if b == 0:
        return None
    v = Decimal(a) * scale / Decimal(b)
    return v.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def recompute(slot, entries, formulas, alias, scope):
    q, code = slot["question"], slot["code"]
    if q.get("basis", "location") != "location":
        raise SystemExit("slot %s: this verifier recomputes the location basis only" % slot["key"])
    start, end = q.get("from", ""), q["through"]
    f = formulas.get(code)
    if f is None:
        rows = selected(entries, q, {code}, start, end, scope)
        return Decimal(total(rows)), rows
    rows = selected(entries, q, set(f["of"]), start, end, scope)
    if f["kind"] == "sum":
        return Decimal(total(rows)), rows
    if f["kind"] == "distinct":
        return Decimal(distinct(rows, f["count"], alias)), rows
    scale = 100 if f["unit"] == "%" else 1
    tags = f.get("tags") or ["", ""]
    part = lambda i: sum(e["delta"] for e, _, _ in rows if e["measure"] == f["of"][i]
                         and (not tags[i] or "|%s|" % tags[i] in e.get("tags", "")))
    if f["kind"] == "ratio":
        return ratio(part(0), part(1), scale, f["places"]), rows
    if f["kind"] == "highest":
        days = [e["occurred_on"] for e, _, _ in selected(entries, q, set(f["of"]), "", "9999-12-31", scope)]
        value, a, b, above, every = None, start, end, True, list(rows)
        while days:
            a, b = year_before(a), year_before(b)
            if min(days) > str(date.fromisoformat(a) + timedelta(days=31)):
                break
            year = selected(entries, q, set(f["of"]), a, b, scope)
            every += year
            above = above and total(rows) > max(0, total(year))
            if above:
                value = Decimal(b[:4])
        return value, every
    before = selected(entries, q, set(f["of"]), year_before(start), year_before(end), scope)
    return ratio(total(rows) - total(before), total(before), scale, f["places"]), rows + before


def main(path):
    manifest, alias, entries, bad = None, {}, [], []
    tail = defaultdict(lambda: (0, ""))
    with open(path, encoding="utf-8") as file:
        for line in file:
            x = json.loads(line, parse_float=Decimal)
            if "manifest" in x:
                manifest = x["manifest"]
            elif "alias" in x:
                alias[x["alias"]["company"]] = x["alias"]["same_as"]
            else:
                e, credits, parties = x["entry"], x.get("credits") or [], x.get("parties") or []
                seq, prev = tail[e["ledger_chain"]]
                digest = hashlib.sha256(canonical(e, credits, parties).encode()).hexdigest()
                if e["seq"] != seq + 1 or e["prev"] != prev or e["hash"] != digest:
                    bad.append("chain %s breaks at entry %d" % (e["ledger_chain"], seq + 1))
                tail[e["ledger_chain"]] = (e["seq"], e["hash"])
                unit = 1 if e["measure"] in MONEY else 1_000_000
                if sum(c["delta"] for c in credits) != e["delta"] * unit or sum(c["share"] for c in credits) != 1_000_000:
                    bad.append("credit of entry %s does not add up" % e["id"])
                entries.append((e, credits, parties))
    m = manifest["manifest"]
    for chain, seq in m["heads"].items():
        if tail[chain] != (seq, m["hashes"][chain]):
            bad.append("chain %s does not end at its signed head" % chain)
    formulas = {f["code"]: f for f in m.get("formulas") or []}
    for slot in m["slots"]:
        if slot.get("citation"):
            print("%-16s cited: %s" % (slot["key"], slot["text"]))
            continue
        value, rows = recompute(slot, entries, formulas, alias, m["scope"])
        digest = hashlib.sha256("\n".join(sorted(e["id"] for e, _, _ in rows)).encode()).hexdigest()
        ok = value == slot["value"] and digest == slot["digest"]
        print("%-16s %20s %-4s %s" % (slot["key"], value, slot["unit"], "ok" if ok else "DIFFERS from %s" % slot["value"]))
        if not ok:
            bad.append("slot %s differs" % slot["key"])
    for b in bad:
        print("BROKEN:", b)
    print("%s: %d entries, %d slots: %s" % (manifest["code"], len(entries), len(m["slots"]), "all agree" if not bad else "NOT confirmed"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
