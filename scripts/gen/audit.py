"""Who may call what: the printout that is committed and compared."""
COLUMNS = {"ROLE_PUBLIC": "public", "ROLE_LINK": "link", "ROLE_CLIENT": "client",
           "ROLE_STAFF": "staff", "ROLE_ADMIN": "admin", "ROLE_INTEGRATOR": "integrator"}


def table(operations):
    width = max([len(op.name) for op in operations] + [9])
    lines = ["operation".ljust(width) + "  " + "  ".join(COLUMNS.values()) + "  notes"]
    for op in sorted(operations, key=lambda op: op.name):
        marks = ["x".ljust(len(title)) if bit in op.roles else "-".ljust(len(title))
                 for bit, title in COLUMNS.items()]
        notes = (["signature"] if op.signed else []) + [
            f"{key[2:]}={op.spec[key]}" for key in ("x-gate", "x-port", "x-db-role", "x-audit")
            if key in op.spec]
        line = f"{op.name.ljust(width)}  {'  '.join(marks)}  {' '.join(notes)}"
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"
