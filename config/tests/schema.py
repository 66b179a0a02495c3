"""Judges TOML texts by a JSON Schema: {"schema": .., "texts": [..]} in, [null or what is wrong, ..] out."""

import json
import sys
import tomllib

import jsonschema

asked = json.load(sys.stdin)
jsonschema.Draft202012Validator.check_schema(asked["schema"])
validator = jsonschema.Draft202012Validator(asked["schema"])


def judge(text):
    error = jsonschema.exceptions.best_match(validator.iter_errors(tomllib.loads(text)))
    return None if error is None else f"{list(error.absolute_path)}: {error.message}"


json.dump([judge(text) for text in asked["texts"]], sys.stdout)
