#!/usr/bin/python3
"""Turns openapi.yaml into the tables that the server runs on."""
import argparse
import sys

import yaml

from gen import problems
from gen.c import write_file


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contract")
    parser.add_argument("--problems", nargs=2, metavar=("H", "C"))
    return parser.parse_args()


def main():
    args = arguments()
    with open(args.contract, encoding="utf-8") as file:
        contract = yaml.safe_load(file)
    if args.problems:
        write_file(args.problems[0], problems.header(contract))
        write_file(args.problems[1], problems.table(contract))
    return 0


if __name__ == "__main__":
    sys.exit(main())
