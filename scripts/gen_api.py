#!/usr/bin/python3
"""Turns openapi.yaml into the tables that the server runs on, and refuses what it would not do.

    gen_api.py CONTRACT --problems H C   enum problem and its table
    gen_api.py CONTRACT --routes H C     handler prototypes, routes, parameter and body schemas
    gen_api.py CONTRACT --document C     the complete document as bytes, for GET /openapi.json
    gen_api.py CONTRACT --bundle [FILE]  prints (or writes) the complete document as JSON
    gen_api.py CONTRACT --audit          prints role x operation

How to write an operation. It has an operationId (the handler's name), tags, summary, description, security and
responses; every body and every parameter has an example that fits its schema. Security is a list of
alternatives: {bearer: [client, staff, admin, integrator]}, {linkToken: []}, a provider's signature (an
apiKey in another header; the handler checks it), {} or an empty list for everybody. Settings:

    x-limit: 20/minute     per caller; also /second and /hour
    x-gate: paid           for clients who have paid
    x-port: ops            served on the ops port only
    x-db-role: worker      the database role instead of the caller's; also public
    x-transaction: none    the handler begins its own work
    x-body-max: 1048576    bytes, at most 4 MiB; 65,536 when left out
    x-audit: true          (or a word) shown by --audit
    x-open: true           in a schema, together with additionalProperties: true

Answers that follow from the settings (401 when secured, 413 with a body, 500 always …) need not be
written: gen/expand.py says which are added; the served document is complete. What callers send may use
the keywords of gen/schemas.py only; what we answer may use all of JSON Schema, and tests hold the answers
against it. Every mistake is one line "file: path: message", and the exit status is 1."""
import argparse
import sys

from gen import audit, document, expand, lint, model, problems, routes
from gen.c import write_file
from gen.load import Complaints, load
from gen.schemas import Schemas


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contract")
    parser.add_argument("--problems", nargs=2, metavar=("H", "C"))
    parser.add_argument("--routes", nargs=2, metavar=("H", "C"))
    parser.add_argument("--document", metavar="C")
    parser.add_argument("--bundle", nargs="?", const="-", metavar="FILE")
    parser.add_argument("--audit", action="store_true")
    return parser.parse_args()


class Contract:
    """The checked and completed contract with everything that is made from it."""

    def __init__(self, path):
        self.complaints = Complaints(path)
        self.document = load(path, self.complaints)
        if self.document is None:
            return
        self.operations = model.operations(self.document, self.complaints)
        lint.check(self.document, self.operations, self.complaints)
        expand.expand(self.document, self.operations, self.complaints)
        self.tables = routes.tables(self.operations, Schemas(self.document, self.complaints),
                                    self.document, self.complaints)


def write(args, contract):
    if args.problems:
        write_file(args.problems[0], problems.header(contract.document))
        write_file(args.problems[1], problems.table(contract.document))
    if args.routes:
        write_file(args.routes[0], routes.header(contract.operations))
        write_file(args.routes[1], contract.tables)
    if args.document:
        text = document.bundle(contract.document)
        write_file(args.document, document.embedded("openapi_document", text))
    if args.bundle == "-":
        sys.stdout.write(document.bundle(contract.document))
    elif args.bundle:
        write_file(args.bundle, document.bundle(contract.document))
    if args.audit:
        sys.stdout.write(audit.table(contract.operations))


def main():
    args = arguments()
    contract = Contract(args.contract)
    if contract.complaints.lines:
        print("\n".join(contract.complaints.lines), file=sys.stderr)
        return 1
    write(args, contract)
    return 0


if __name__ == "__main__":
    sys.exit(main())
