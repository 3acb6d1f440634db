"""Hold `toecap facts --calls --message-format json` against an oracle's lines of the same workspace.

    python3 docs/accuracy.py ORACLE.jsonl FACTS.jsonl WORKSPACE [CLASS]

CLASS is one of wrong, unknown, absent, await, futfp, futfn, and lists the calls behind a number.
"""

import collections
import json
import pathlib
import re
import sys
import tomllib


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line.replace("r#", "")) for line in file]


class Texts:
    """The files of the workspace, read once."""

    def __init__(self, root):
        self.root, self.files = pathlib.Path(root), {}

    def __getitem__(self, name):
        if name not in self.files:
            try:
                self.files[name] = (self.root / name).read_bytes()
            except OSError:
                self.files[name] = b""
        return self.files[name]


def not_built(root):
    """Root files of targets that cargo leaves out, since features that they require are not default ones."""
    manifest = tomllib.loads((pathlib.Path(root) / "Cargo.toml").read_text(encoding="utf-8"))
    features, enabled, found = manifest.get("features", {}), set(), ["default"]
    while found:
        feature = found.pop()
        if feature not in enabled:
            enabled.add(feature)
            found += features.get(feature, [])
    targets = (target for kind in ("bin", "example", "test", "bench") for target in manifest.get(kind, []))
    return {t.get("path", "") for t in targets if not enabled.issuperset(t.get("required-features", []))}


def is_left_out(file, roots):
    """Is the file one of a target that is not built, or one of its modules?"""
    return any(file == root or root.endswith("/main.rs") and file.startswith(root[: -len("main.rs")]) for root in roots)


def in_attribute(text, at):
    """Is the byte inside `#[..]`, or the name of the function that an attribute macro calls?"""
    if text[:at].rstrip().endswith(b"fn"):
        return True
    start = text.rfind(b"#[", max(0, at - 50_000), at)
    if start < 0:
        return False
    depth = 0
    for byte in text[start + 1 : at]:
        depth += {ord("["): 1, ord("]"): -1}.get(byte, 0)
        if depth == 0:
            return False
    return True


def canonical(callee):
    """As toecap writes primitive types' methods, and without the modules that macros put around an item."""
    callee = re.sub(r"::ouroboros_impl_\w+", "", callee.replace("[#T]", "[T]"))
    callee = re.sub(r"^\[[^\]]*;[^\]]*\]", "[T; N]", callee)
    return re.sub(r"^\[[^;\]]*\]", "[T]", callee)


def is_written(call, text):
    """Does the call stand in a file as a person wrote it, with a name that the oracle resolved?"""
    if call["t"] != "call" or call.get("synthetic") or call["kind"] == "expr" or not call.get("callee"):
        return False
    if call["file"].startswith("/") or "ty" not in call:
        return False
    name = text[call["s"] : call["e"]].decode("utf-8", "replace").replace("r#", "")
    return name == call["name"] and not in_attribute(text, call["s"])


def verdict(call, ours):
    if ours is None:
        return "absent"
    if ours["callee"] is None:
        return "unknown"
    oracle = canonical(call["callee"])
    same = ours["callee"] in (oracle, call["callee"])
    # The crate of a target may have another name there.
    local = call.get("local") and ours["callee"].split("::", 1)[-1] == oracle.split("::", 1)[-1]
    return "right" if same or local else "wrong"


def best(call, answers):
    """A macro may make several calls of one name: that which is right, else one that is not known."""
    for wanted in ("right", "unknown"):
        for ours in answers:
            if verdict(call, ours) == wanted:
                return ours
    return answers[-1] if answers else None


def future(call, ours):
    """What each says of whether the call gives a future, where the oracle knows its type."""
    if call.get("tyk") in ("unknown", None) or call.get("partial"):
        return None
    theirs, known = bool(call.get("fut")), bool(ours and ours.get("fut"))
    return {(True, True): "tp", (True, False): "futfn", (False, True): "futfp", (False, False): "tn"}[theirs, known]


def main(oracle, facts, root, wanted=None):
    texts, left_out = Texts(root), not_built(root)
    known = collections.defaultdict(list)
    for fact in lines(facts):
        if fact["t"] == "call":
            known[fact["file"], fact["s"], fact["e"]].append(fact)
    counts = collections.defaultdict(collections.Counter)
    for call in lines(oracle):
        text = texts[call["file"]] if "file" in call else b""
        if is_left_out(call.get("file", ""), left_out) or not is_written(call, text):
            continue
        ours = best(call, known[call["file"], call["s"], call["e"]])
        result, fut = verdict(call, ours), future(call, ours)
        counts["all"][result] += 1
        if call.get("await"):
            counts["awaited"][result] += 1
        if fut:
            counts["future"][fut] += 1
        is_wanted = wanted == "await" and call.get("await") and result != "right" or wanted in (result, fut)
        if wanted and is_wanted:
            line = text[: call["s"]].count(b"\n") + 1
            print(f"{call['file']}:{line}: {call['callee']} of {call.get('recv')}, but {ours}")
    for name in ("all", "awaited"):
        of = counts[name]
        total = sum(of.values()) or 1
        shares = "  ".join(f"{key} {of[key]} ({100 * of[key] / total:.2f} %)" for key in ("right", "wrong", "unknown", "absent"))
        print(f"{name:8} {sum(of.values()):6}  {shares}")
    print("future  ", dict(counts["future"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
